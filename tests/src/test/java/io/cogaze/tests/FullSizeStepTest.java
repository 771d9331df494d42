package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One float32 training step of each network at full width against PyTorch in float64, with the same
 * weights and batch. Needs 16 GB of memory.
 */
@Tag("long")
class FullSizeStepTest {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  @ParameterizedTest(name = "{0}, {1} x {2}, batch {3}")
  @CsvSource({
    "densenet121, 224, 224, 2, 6956931",
    "densenet169, 224, 224, 2, 12489475",
    "densenet201, 224, 224, 4, 18098691",
    "mt-unet, 320, 256, 2, 34632836",
    "cooperative, 320, 256, 2, 66643143"
  })
  void lossGradientsAndRunningStatisticsAreThoseOfPyTorch(
      String network, int height, int width, int batch, long parameters, @TempDir Path folder) {
    long counted = oracle(network, height, width, batch, folder);
    JsonNode found = step(network, folder);

    assertThat(counted).as("learned values of PyTorch's network").isEqualTo(parameters);
    assertThat(found.path("parameters").asLong()).isEqualTo(parameters);
    double loss = found.path("expected_loss").asDouble();
    assertThat(found.path("loss").asDouble()).isCloseTo(loss, within(1e-5 * loss));
    assertThat(found.path("gradient_count").asInt()).isGreaterThan(40);
    assertThat(found.path("gradient_worst").asDouble()).as(found.toPrettyString()).isLessThan(1e-3);
    assertThat(found.path("zero_gradient_worst").asDouble())
        .as(found.toPrettyString())
        .isLessThan(1e-5);
    assertThat(found.path("statistic_worst").asDouble())
        .as(found.toPrettyString())
        .isLessThan(1e-5);
  }

  private static long oracle(String network, int height, int width, int batch, Path folder) {
    boolean densenet = network.startsWith("densenet");
    List<String> command = new ArrayList<>();
    command.add(PythonEnvironment.named("torch").python().toString());
    command.add(Project.root().resolve("tests/golden/step.py").toString());
    command.add(densenet ? "densenet" : network);
    command.add(folder.toString());
    command.addAll(List.of("--height", "" + height, "--width", "" + width, "--batch", "" + batch));
    // Away from the ReLUs' kinks: see vectors.py.
    command.addAll(List.of("--shift", "3"));
    if (densenet) {
      command.addAll(List.of("--blocks", network));
    }
    Completed done = Programs.run(folder, Map.of(), LIMIT, command).expect(0);
    return Long.parseLong(done.out().strip());
  }

  private static JsonNode step(String network, Path folder) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx3g",
            "-Dorg.bytedeco.javacpp.maxbytes=16g",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=20g",
            "-cp",
            System.getProperty("java.class.path"),
            TrainingStep.class.getName(),
            network,
            folder.toString()));
    Completed done = Programs.run(folder, Map.of(), LIMIT, command).expect(0);
    try (Stream<String> lines = done.out().lines()) {
      return Json.parse(lines.filter(line -> line.startsWith("{")).findFirst().orElseThrow());
    }
  }
}
