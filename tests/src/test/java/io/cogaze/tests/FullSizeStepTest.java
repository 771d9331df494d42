package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.bench.InstructionSet;
import java.io.IOException;
import java.nio.file.Files;
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
 *
 * <p>Gradients are compared with those of a network that takes the same side of every kink (ReLU,
 * maximum): among tens of millions of values some lie so near to one that rounding decides, and
 * each moves whole gradients; PyTorch's own float32 is then up to some hundredths away from its
 * float64. What rounding may decide is asserted by itself. See {@code tests/golden/full_step.py};
 * what was measured is kept in {@code tests/target/full-step}.
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
      String network, int height, int width, int batch, long parameters, @TempDir Path folder)
      throws IOException {
    List<String> options = options(network, height, width, batch, folder);
    long counted = Long.parseLong(script("make", options, folder).strip());
    assertThat(counted).as("learned values of PyTorch's network").isEqualTo(parameters);
    Path kept = Files.createDirectories(Project.root().resolve("tests/target/full-step"));
    for (InstructionSet isa : InstructionSet.values()) {
      JsonNode done = step(network, folder, isa);
      assertThat(done.path("parameters").asLong()).isEqualTo(parameters);
      JsonNode report = Json.parse(script("compare", options, folder));
      String shown = done.path("kernel").asText() + "\n" + report.toPrettyString();
      Files.writeString(kept.resolve(network + "-" + isa + ".json"), shown);
      check(report, shown);
    }
  }

  private static void check(JsonNode report, String shown) {
    JsonNode found = report.path("cogaze");
    JsonNode peer = report.path("pytorch");
    double loss = found.path("free").path("loss").asDouble();
    assertThat(found.path("loss").asDouble()).isCloseTo(loss, within(1e-5 * loss));

    JsonNode bound = found.path("bound");
    assertThat(bound.path("gradient").path("count").asInt()).isGreaterThan(40);
    assertThat(bound.path("gradient").path("worst").asDouble()).as(shown).isLessThan(1e-3);
    assertThat(bound.path("zero_gradient").path("worst").asDouble()).as(shown).isLessThan(1e-4);
    assertThat(bound.path("statistic").path("worst").asDouble()).as(shown).isLessThan(1e-6);

    // Only values next to a kink may have taken its other side, and no more of them than rounding
    // explains.
    assertThat(found.path("choices").asLong()).as(shown).isGreaterThan(10_000_000);
    assertThat(found.path("overruled_worst").asDouble()).as(shown).isLessThan(5e-3);
    assertThat(found.path("overruled").asDouble())
        .as(shown)
        .isLessThan(3 * peer.path("overruled").asDouble() + 50);

    // What the kinks cost in the end, beside what they cost PyTorch.
    assertThat(found.path("free").path("gradient").path("rms").asDouble())
        .as(shown)
        .isLessThan(2 * peer.path("free").path("gradient").path("rms").asDouble());
  }

  private static List<String> options(
      String network, int height, int width, int batch, Path folder) {
    boolean densenet = network.startsWith("densenet");
    List<String> options = new ArrayList<>();
    options.add(densenet ? "densenet" : network);
    options.add(folder.toString());
    options.addAll(List.of("--height", "" + height, "--width", "" + width, "--batch", "" + batch));
    if (densenet) {
      options.addAll(List.of("--blocks", network));
    }
    return options;
  }

  private static String script(String order, List<String> options, Path folder) {
    List<String> command = new ArrayList<>();
    command.add(PythonEnvironment.named("torch").python().toString());
    command.add(Project.root().resolve("tests/golden/full_step.py").toString());
    command.add(order);
    command.addAll(options);
    return Programs.run(folder, Map.of(), LIMIT, command).expect(0).out();
  }

  private static JsonNode step(String network, Path folder, InstructionSet isa) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(isa.jvmOptions());
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
    Completed done = Programs.run(folder, isa.environment(), LIMIT, command).expect(0);
    try (Stream<String> lines = done.out().lines()) {
      return Json.parse(lines.filter(line -> line.startsWith("{")).findFirst().orElseThrow());
    }
  }
}
