package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A checkpoint is made again from its provenance alone, in another JVM, and inspected. */
class ReproduceTest {
  private static Path provenance(String stage) {
    Path checkpoints = SmallPipeline.run().resolve("stages").resolve(stage).resolve("checkpoints");
    try (Stream<Path> files = Files.walk(checkpoints)) {
      return files
          .filter(file -> file.getFileName().toString().matches("provenance-.*\\.json"))
          .sorted()
          .reduce((first, last) -> last)
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InProcess.Result reproduce(Path run, Object... more) {
    Object[] words = {
      "train",
      "--reproduce",
      provenance("classify"),
      "--shards",
      SmallPipeline.shards(),
      "--run",
      run
    };
    return InProcess.run(Stream.concat(Stream.of(words), Stream.of(more)).toArray());
  }

  @Test
  void theSameStagesAgainHaveTheSameParameters() {
    Path run = SmallPipeline.scratch("reproduced").resolve("run");
    InProcess.Result done = reproduce(run);

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    String hash = stage(SmallPipeline.run(), "classify").path("parameters_sha256").asText();
    assertThat(hash).hasSize(64);
    assertThat(done.out())
        .contains("stage classify, epoch 1: parameters_sha256 " + hash + " is equal to that of ");
    assertThat(run.resolve("stages/contrast/manifest.json")).isRegularFile();
    assertThat(run.resolve("stages/saliency")).doesNotExist();
  }

  @Test
  void otherSettingsGiveOtherParametersAndTheFirstDifferenceIsNamed() {
    Path run = SmallPipeline.scratch("not-reproduced").resolve("run");
    InProcess.Result done = reproduce(run, "--set", "train.seed=99");

    assertThat(done.exitCode()).isEqualTo(3);
    assertThat(done.err())
        .contains("Not reproduced: stage classify, epoch 1: parameters_sha256 differs.")
        .contains(
            "there: " + stage(SmallPipeline.run(), "classify").path("parameters_sha256").asText())
        .contains("here:  " + stage(run, "classify").path("parameters_sha256").asText())
        .contains("cause: configuration and content of the shards: there ");
  }

  @Test
  void whatCannotBeReproducedIsRefused() {
    assertThat(reproduce(SmallPipeline.run()).err()).contains("--run is --reproduce");
    InProcess.Result both =
        reproduce(SmallPipeline.scratch("both").resolve("run"), "--recipe", "cooperative-small");
    assertThat(both.exitCode()).isEqualTo(1);
    assertThat(both.err()).contains("Cannot use --reproduce with --recipe or --stages");
    InProcess.Result neither =
        InProcess.run("train", "--shards", SmallPipeline.shards(), "--run", "run");
    assertThat(neither.exitCode()).isEqualTo(1);
    assertThat(neither.err()).contains("neither --recipe nor --reproduce is given");
  }

  @Test
  void inspectPrintsTheProvenanceOfEachStage() {
    InProcess.Result shown = InProcess.run("inspect", SmallPipeline.run());
    assertThat(shown.out())
        .contains("native classifier")
        .contains("kernel")
        .contains(stage(SmallPipeline.run(), "fuse").path("parameters_sha256").asText())
        .doesNotContain("pseudonym-key");
    JsonNode provenance = stage(SmallPipeline.run(), "fuse").path("provenance");
    assertThat(provenance.path("notes").path("configuration").asText()).contains("cogaze {");
    assertThat(provenance.path("data_manifest_sha256").path("shards").asText()).hasSize(64);
  }

  private static JsonNode stage(Path run, String stage) {
    InProcess.Result found = InProcess.run("inspect", run, "--json");
    assertThat(found.exitCode()).as(found.err()).isZero();
    return Json.parse(found.out()).path("stages").path(stage);
  }
}
