package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import io.cogaze.tests.SmallPipeline.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The whole pipeline by its commands: what each leaves for people and for scripts. */
class PipelineTest {
  private static final List<String> METRICS =
      List.of("auroc_macro", "auroc_micro", "accuracy", "cc_mean", "kl_mean", "sim_mean");
  private static final List<String> STAGES = List.of("contrast", "classify", "saliency", "fuse");

  @Test
  void everyStepLeavesASummaryWithCountsTimesAndVersions() {
    Path run = SmallPipeline.run();
    checkSummary(SmallPipeline.data(), "synthesize");
    checkSummary(SmallPipeline.shards(), "preprocess");
    checkSummary(run.resolve("evaluation/test"), "evaluate");
    checkSummary(run.resolve("report"), "report");
    checkSummary(run, "report");
    JsonNode commands = Json.summary(run).path("commands");
    assertThat(commands.fieldNames()).toIterable().contains("train", "evaluate", "report");
    checkSummary(commands.path("train"), "train");
  }

  @Test
  void everyStepLeavesItsResolvedConfiguration() throws IOException {
    Path run = SmallPipeline.run();
    for (Path file :
        List.of(
            SmallPipeline.data().resolve("config.conf"),
            only(SmallPipeline.shards(), "config", ".conf"),
            run.resolve("recipe.conf"),
            run.resolve("evaluation/test/config.conf"))) {
      assertThat(file).content().contains("image-scale").contains("0.0625");
    }
    assertThat(run.resolve("recipe.conf")).content().contains("base-width", "seed");
  }

  @Test
  void everyManifestListsFilesThatAreThereWithTheirSizes() throws IOException {
    Path run = SmallPipeline.run();
    List<Path> committed = new ArrayList<>(List.of(SmallPipeline.data(), SmallPipeline.shards()));
    committed.add(run.resolve("evaluation/test"));
    for (String stage : STAGES) {
      committed.add(run.resolve("stages").resolve(stage));
      committed.add(run.resolve("stages").resolve(stage).resolve("checkpoints/0001"));
    }
    for (Path folder : committed) {
      JsonNode manifest = Json.manifest(folder);
      assertThat(manifest.path("kind").asText()).isNotEmpty();
      assertThat(manifest.path("body").path("config_hash").asText())
          .as("config hash of " + folder)
          .satisfiesAnyOf(
              hash -> assertThat(hash).matches("[0-9a-f]{64}"),
              hash -> assertThat(folder.toString()).contains("checkpoints"));
      for (JsonNode file : manifest.path("files")) {
        Path listed = folder.resolve(file.path("name").asText());
        assertThat(Files.size(listed)).isEqualTo(file.path("size_bytes").asLong(-1));
      }
    }
  }

  @Test
  void countsOfTheStepsAgree() {
    SmallPipeline.run();
    JsonNode made = Json.summary(SmallPipeline.data()).path("counts");
    JsonNode kept = Json.summary(SmallPipeline.shards()).path("counts");
    assertThat(made.path("images").asLong()).isEqualTo(40);
    assertThat(kept.path("records").asLong()).isEqualTo(40);
    assertThat(kept.path("examples").asLong()).isEqualTo(40);
    assertThat(kept.path("quarantined").asLong(-1)).isZero();
    long examples = 0;
    long patients = 0;
    for (String split : List.of("train", "valid", "test")) {
      examples += kept.path("examples_" + split).asLong();
      patients += kept.path("patients_" + split).asLong();
    }
    assertThat(examples).isEqualTo(40);
    assertThat(patients).isEqualTo(made.path("patients").asLong());
    assertThat(
            Json.summary(SmallPipeline.run().resolve("evaluation/test"))
                .path("counts")
                .path("examples")
                .asLong())
        .isEqualTo(kept.path("examples_test").asLong());
    assertThat(SmallPipeline.printed(Step.PREPROCESS).out()).contains("quarantined 0, warnings 0");
  }

  @Test
  void trainingSaysOfEachStageWhatCameOut() {
    JsonNode stages =
        Json.summary(SmallPipeline.run())
            .path("commands")
            .path("train")
            .path("details")
            .path("stages");
    assertThat(stages.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(STAGES);
    for (String stage : STAGES) {
      JsonNode entry = stages.path(stage);
      assertThat(entry.path("epochs").asInt()).isEqualTo(stage.equals("contrast") ? 2 : 1);
      assertThat(entry.path("parameters_sha256").asText()).matches("[0-9a-f]{64}");
      assertThat(entry.path("already_done").asBoolean(true)).isFalse();
    }
    assertThat(SmallPipeline.printed(Step.TRAIN).err())
        .as("progress with the loss, round by round, on plain lines")
        .containsPattern(
            "stage contrast epoch 2/2 round 1/1: loss [0-9.]+, [0-9.]+ examples/s, speed-up [0-9.]+"
                + " of [12], [0-9]+ s left at most; compute [0-9.]+ %, read-wait [0-9.]+ %,"
                + " serialise [0-9.]+ %, aggregate [0-9.]+ %, broadcast [0-9.]+ %, idle [0-9.]+ %"
                + " of [0-9.]+ s")
        .containsPattern("stage fuse epoch 1/1 round 1/1: loss [0-9.]+")
        .doesNotContain("\r", "\u001b");
  }

  @Test
  void evaluationHoldsEachMetricBesideItsFloorAndTheBaseline() {
    for (Path folder :
        List.of(SmallPipeline.run().resolve("evaluation/test"), SmallPipeline.run())) {
      JsonNode summary = Json.summary(folder);
      for (String metric : METRICS) {
        assertThat(summary.path("metrics").path(metric).isNumber()).as(metric).isTrue();
        assertThat(summary.path("floor").path(metric).isNumber()).as("floor " + metric).isTrue();
      }
      assertThat(summary.path("floor").path("auroc_macro").asDouble()).isEqualTo(0.5);
      assertThat(folder.resolve(summary.path("files").path("predictions").asText()))
          .isRegularFile();
    }
    JsonNode details = Json.summary(SmallPipeline.run().resolve("evaluation/test")).path("details");
    assertThat(details.path("baseline").path("metric").asText()).isEqualTo("auroc_macro");
    assertThat(details.path("baseline").path("value").asDouble(-1)).isBetween(0.0, 1.0);
    assertThat(details.path("comparison").path("stage").asText()).isEqualTo("fuse-minus-classify");
    assertThat(details.path("synthetic").asBoolean()).isTrue();
  }

  @Test
  void theReportIsOnePageThatLoadsNothing() throws IOException {
    Path page = SmallPipeline.run().resolve("report/report.html");
    String html = Files.readString(page);
    assertThat(html)
        .startsWithIgnoringCase("<!doctype html>")
        .contains("data:image/png;base64,", "<svg")
        .containsIgnoringCase("synthetic")
        .containsIgnoringCase("not for clinical use")
        .doesNotContainPattern("(?i)<(script|iframe|object|embed|link)\\b")
        .doesNotContainPattern("(?i)(src|href|srcset|poster|action)\\s*=\\s*[\"']?+(?!data:|#)")
        .doesNotContainPattern("(?i)@import|url\\(\\s*[\"']?+(?!data:|#)");
    JsonNode metrics = Json.summary(SmallPipeline.run()).path("metrics");
    assertThat(html)
        .contains(
            String.format(java.util.Locale.ROOT, "%.3f", metrics.path("auroc_macro").asDouble()));
    assertThat(Json.summary(SmallPipeline.run()).path("files").path("report").asText())
        .isEqualTo("report/report.html");
  }

  @Test
  void inspectDescribesWhatEachPathHolds() throws IOException {
    Path run = SmallPipeline.run();
    JsonNode data = inspect(SmallPipeline.data());
    assertThat(data.path("kind").asText()).isEqualTo("data set");
    assertThat(data.path("synthetic").asBoolean()).isTrue();
    assertThat(data.path("counts").path("images").asInt()).isEqualTo(40);
    assertThat(data.path("manifest_sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(data.path("tables").fieldNames())
        .toIterable()
        .contains("master_sheet.csv", "eye_gaze.csv", "fixations.csv", "bounding_boxes.csv");
    JsonNode shards = inspect(SmallPipeline.shards());
    assertThat(shards.path("kind").asText()).isEqualTo("shards");
    assertThat(shards.path("manifest").path("height").asInt()).isEqualTo(64);
    JsonNode whole = inspect(run);
    assertThat(whole.path("kind").asText()).isEqualTo("run");
    assertThat(whole.path("stages").path("fuse").path("finished").asBoolean()).isTrue();
    assertThat(whole.path("stages").path("fuse").path("provenance").path("versions").fieldNames())
        .toIterable()
        .contains("cogaze", "commit", "dl4j");
    assertThat(whole.path("evaluation").path("test").path("metrics").path("accuracy").isNumber())
        .isTrue();
    JsonNode checkpoint = inspect(run.resolve("stages/fuse/checkpoints/0001"));
    assertThat(checkpoint.path("kind").asText()).isEqualTo("checkpoint");
    Path picture = anyPicture();
    JsonNode dicom = inspect(picture);
    assertThat(dicom.path("kind").asText()).isEqualTo("dicom");
    assertThat(dicom.path("rows").asInt()).isBetween(100, 300);
    assertThat(dicom.path("photometric").asText()).startsWith("MONOCHROME");

    Completed shown = SmallPipeline.cogaze().run("inspect", picture).expect(0);
    assertThat(shown.out()).contains("kind: dicom").contains("rows: " + dicom.path("rows"));
  }

  private static JsonNode inspect(Path path) {
    InProcess.Result result = InProcess.run("inspect", path, "--json");
    assertThat(result.exitCode()).as(result.err()).isZero();
    return Json.parse(result.out());
  }

  private static Path anyPicture() throws IOException {
    try (Stream<Path> walk = Files.walk(SmallPipeline.data().resolve("mimic-cxr/2.0.0/files"))) {
      return walk.filter(path -> path.toString().endsWith(".dcm")).sorted().findFirst().get();
    }
  }

  private static Path only(Path folder, String prefix, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(file -> file.getFileName().toString().startsWith(prefix))
              .filter(file -> file.getFileName().toString().endsWith(suffix))
              .toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  private static void checkSummary(Path folder, String command) {
    checkSummary(Json.summary(folder), command);
  }

  private static void checkSummary(JsonNode summary, String command) {
    assertThat(summary.path("command").asText()).isEqualTo(command);
    assertThat(summary.path("state").asText()).isEqualTo("done");
    assertThat(summary.path("counts").size()).isPositive();
    assertThat(summary.path("phases").size()).isPositive();
    double sum = 0;
    for (JsonNode phase : summary.path("phases")) {
      assertThat(phase.path("name").asText()).isNotBlank();
      assertThat(phase.path("seconds").isNumber()).isTrue();
      sum += phase.path("seconds").asDouble();
    }
    assertThat(summary.path("seconds").asDouble()).isPositive().isCloseTo(sum, within(0.02));
    JsonNode versions = summary.path("versions");
    assertThat(versions.path("cogaze").asText()).startsWith("0.1.0");
    assertThat(versions.path("commit").asText()).isNotEmpty();
    assertThat(versions.path("java").asText()).startsWith("17");
    assertThat(versions.path("spark").asText()).isEqualTo("3.5.5");
    assertThat(versions.path("dl4j").asText()).isEqualTo("1.0.0-M2.1");
    assertThat(versions.path("os").asText()).isNotEmpty();
  }
}
