package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bench engine} from end to end, on copies of the networks with a handful of channels. */
class BenchEngineTest {
  @TempDir private Path folder;

  private InProcess.Result bench(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("bench", "engine", "--tiny", "--threads", 1, "--output", folder.resolve("o")));
    words.addAll(List.of(more));
    return InProcess.run(words.toArray());
  }

  private InProcess.Result withFakePeer(Object... more) {
    List<Object> words = new ArrayList<>();
    words.add("--python");
    words.add(Tools.require("python3", "install Python 3.10 or newer"));
    words.add("--peer-script");
    words.add(Project.root().resolve("tests/src/test/python/fake_peer.py"));
    words.add("--cache");
    words.add(folder.resolve("cache"));
    words.addAll(List.of(more));
    return bench(words.toArray());
  }

  @Test
  void holdsItsSidesToAvx2() {
    InProcess.Result done =
        bench(
            "--case",
            "densenet121:64x64:2",
            "--phase",
            "inference",
            "--pairs",
            1,
            "--steps",
            1,
            "--alone",
            "--isa",
            "avx2");

    assertThat(done.exitCode()).isZero();
    assertThat(done.out()).contains("blocks of 8 channels").contains("linux-x86_64-onednn-avx2");
  }

  @Test
  void refusesInstructionsThatItDoesNotKnow() {
    InProcess.Result done = bench("--alone", "--isa", "sse2");

    assertThat(done.exitCode()).isEqualTo(1);
    assertThat(done.err()).contains("--isa is 'sse2', but must be native or avx2.");
  }

  @Test
  void printsOneObjectForEachCaseAndPhase() {
    InProcess.Result done =
        withFakePeer("--case", "cooperative:64x32:2", "--pairs", 2, "--steps", 1, "--json");

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    List<JsonNode> objects = done.out().lines().map(Json::parse).toList();
    assertThat(objects).hasSize(2);
    assertThat(objects)
        .extracting(o -> o.get("phase").asText())
        .containsExactly("train", "inference");
    for (JsonNode object : objects) {
      assertThat(object.fieldNames())
          .toIterable()
          .containsExactly(
              "network",
              "height",
              "width",
              "batch",
              "threads",
              "phase",
              "cogaze_s",
              "peer_s",
              "ratio",
              "ratio_min",
              "ratio_max",
              "peak_mb",
              "peer_peak_mb");
      assertThat(object.get("network").asText()).isEqualTo("cooperative");
      assertThat(object.get("height").asInt()).isEqualTo(64);
      assertThat(object.get("width").asInt()).isEqualTo(32);
      assertThat(object.get("batch").asInt()).isEqualTo(2);
      assertThat(object.get("threads").asInt()).isEqualTo(1);
      assertThat(object.get("cogaze_s").asDouble()).isPositive();
      assertThat(object.get("peer_s").asDouble()).isPositive();
      double ratio = object.get("ratio").asDouble();
      assertThat(ratio)
          .isBetween(object.get("ratio_min").asDouble(), object.get("ratio_max").asDouble());
      assertThat(object.get("peak_mb").asLong()).isBetween(100L, 3000L);
      assertThat(object.get("peer_peak_mb").asLong()).isBetween(1L, 500L);
    }
    assertThat(folder.resolve("o/manifest.json")).isRegularFile();
  }

  @Test
  void measuresItselfWherePyTorchIsNot() {
    Object[] words = {"--case", "cooperative:64x32:2", "--pairs", 2, "--steps", 1, "--alone"};
    InProcess.Result lines = bench(words);
    assertThat(lines.err()).isEmpty();
    assertThat(lines.exitCode()).isZero();
    assertThat(lines.out().lines())
        .hasSize(2)
        .first()
        .asString()
        .matches("cooperative:64x32:2 train, 1 threads: \\d.* s a step \\(.*peak \\d+ MiB; \\S.*");
    assertThat(folder.resolve("o")).doesNotExist();

    List<Object> json = new ArrayList<>(List.of(words));
    json.addAll(List.of("--json", "--phase", "inference"));
    JsonNode object = Json.parse(bench(json.toArray()).out());
    assertThat(object.get("phase").asText()).isEqualTo("inference");
    assertThat(object.get("cogaze_s").asDouble()).isPositive();

    assertThat(bench("--alone", "--stock").err()).contains("give one of them");
  }

  @Test
  void stockLayersStandBesideForReference() {
    InProcess.Result done =
        withFakePeer(
            "--case",
            "cooperative:64x32:2",
            "--pairs",
            1,
            "--steps",
            1,
            "--phase",
            "train",
            "--stock");

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    assertThat(done.out())
        .containsPattern("for reference, cooperative:64x32:2 train, stock Deeplearning4j .*: \\d");
  }

  @Test
  void refusesToCompareNetworksOfDifferentSize() {
    InProcess.Result done = withFakePeer("--case", "cooperative:64x32:3", "--phase", "train");

    assertThat(done.exitCode()).isEqualTo(3);
    assertThat(done.out()).isEmpty();
    assertThat(done.err())
        .startsWith("cogaze bench engine: Cannot compare cooperative:64x32:3")
        .contains("cogaze=162666", "contiguous=162667", "channels_last=162667");
  }

  @Test
  void saysWhatASideThatEndedSaid() {
    InProcess.Result done = withFakePeer("--case", "cooperative:64x32:4", "--phase", "inference");

    assertThat(done.exitCode()).isEqualTo(3);
    assertThat(done.err())
        .contains("the contiguous side ended with exit code 1 at the order prepare")
        .contains("out of fake memory");
  }

  @Test
  void refusesWhatItCannotMeasure() {
    assertThat(bench("--case", "cooperative").exitCode()).isEqualTo(1);
    assertThat(bench("--phase", "validate").err()).contains("must be train, inference or both");
    assertThat(bench("--pairs", 0).err()).contains("must be at least 1");
    InProcess.Result python =
        bench("--python", folder.resolve("no-python"), "--cache", folder.resolve("cache"));
    assertThat(python.exitCode()).isEqualTo(1);
    assertThat(python.err()).contains("no-python': no such program");
    InProcess.Result large = bench("--case", "densenet121:99968x99968:9999");
    assertThat(large.exitCode()).isEqualTo(1);
    assertThat(large.err())
        .contains("densenet121:99968x99968:9999: a batch may have 268435456 pixels at most");
    InProcess.Result nothing = InProcess.run("bench");
    assertThat(nothing.exitCode()).isEqualTo(1);
    assertThat(nothing.err()).contains("Try 'cogaze bench --help'.");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "--held-out, --fit=f.json, 1, --fit would make the held-out cases useless",
    "--held-out, --case=cooperative:64x32:2:train:1, 1, leave --case out",
    "--tiny, --fit=, 1, is no name of a file",
    "--tiny, --fit=no/such/folder/f.json, 2, there is no folder",
    "--tiny, --estimate=no-such.json, 2, there is no such file",
    "--tiny, --estimate=/etc/hostname, 2, it holds no factors",
  })
  void refusesMeasuringMemoryThatWouldBeInVain(
      String first, String second, int exitCode, String message) {
    InProcess.Result done = InProcess.run("bench", "memory", first, second);
    assertThat(done.err()).contains(message);
    assertThat(done.exitCode()).isEqualTo(exitCode);
    assertThat(done.out()).isEmpty();
  }

  @Test
  void measuresThePeakMemoryOfStepsAndFitsTheEstimateToIt() throws IOException {
    Path factors = folder.resolve("factors.json");
    InProcess.Result done =
        InProcess.run(
            "bench",
            "memory",
            "--tiny",
            "--case",
            "cooperative:64x32:2:train:1:densenet",
            "--case",
            "densenet121:64x64:2:inference:1",
            "--fit",
            factors,
            "--cache",
            folder.resolve("cache"),
            "--output",
            folder.resolve("memory"));

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    assertThat(done.out())
        .containsPattern("cooperative:64x32:2:train:1:densenet +\\d+ +\\d+ +\\d+\\.\\d %");
    JsonNode fitted = Json.parse(Files.readString(factors));
    assertThat(fitted.get("factors").get("base").asDouble()).isNotNegative();
    assertThat(fitted.get("engine").asText()).isNotEmpty();
    assertThat(fitted.get("jvm_options").get(0).asText()).startsWith("-Xms");
    assertThat(folder.resolve("memory/manifest.json")).isRegularFile();

    InProcess.Result unknown =
        InProcess.run(
            "bench",
            "memory",
            "--tiny",
            "--case",
            "densenet121:64x64:2:train:1:decoder",
            "--estimate",
            factors,
            "--cache",
            folder.resolve("cache"),
            "--output",
            folder.resolve("memory"));
    assertThat(unknown.exitCode()).isEqualTo(3);
    assertThat(unknown.err()).contains("Cannot freeze 'decoder' of densenet121");
  }

  /** Needs PyPI: gigabytes. */
  @Test
  @Tag("long")
  void everyNetworkHasAsManyParametersInPyTorch() {
    InProcess.Result done =
        bench(
            "--cache",
            Project.scratch("bench"),
            "--pairs",
            1,
            "--steps",
            1,
            "--case",
            "cooperative:64x32:2",
            "--case",
            "densenet121:64x64:2",
            "--case",
            "densenet201:64x64:2",
            "--case",
            "mt-unet:64x64:2");
    if (done.err().contains("Cannot make the Python environment")) {
      throw Tools.missing(done.err());
    }

    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out())
        .contains("cooperative:64x32:2", "densenet201:64x64:2", "mt-unet:64x64:2");
  }
}
