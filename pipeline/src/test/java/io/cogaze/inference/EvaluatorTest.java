package io.cogaze.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.metric.SaliencyMetrics;
import io.cogaze.report.ReportRequest;
import io.cogaze.report.ReportResult;
import io.cogaze.report.ReportSettings;
import io.cogaze.report.Reporter;
import io.cogaze.run.Json;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.shard.JobNames;
import io.cogaze.shard.Split;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.spark.StageTrainer;
import io.cogaze.train.spark.TrainRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluatorTest {
  private static final int VALID = 11;
  private static final EvaluateSettings SETTINGS =
      new EvaluateSettings(4, 5, 1, 200, 1, true, true, false);

  @TempDir static Path folder;
  private static URI shards;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    shards = TrainingShards.write(folder.resolve("shards"), 24, VALID, 64, 64);
    run = folder.resolve("run");
    train(run, List.of());
  }

  @Test
  void metricsOfAllStagesFollowFromTheirPredictions() throws IOException {
    EvaluateResult result = evaluate(run, SETTINGS, List.of(), false);

    List<Prediction> predictions = predictions(result);
    assertThat(predictions)
        .extracting(Prediction::stage)
        .containsOnly("classify", "saliency", "fuse");
    List<Prediction> fuse = ofStage(predictions, "fuse");
    assertThat(fuse).hasSize(VALID).extracting(Prediction::exampleId).doesNotHaveDuplicates();
    double cc = 0;
    double right = 0;
    for (Prediction row : fuse) {
      float[] map = row.map().orElseThrow();
      float[] gaze = row.gaze().orElseThrow();
      assertThat(sum(map)).isCloseTo(1, within(1e-4));
      assertThat(sum(gaze)).isCloseTo(1, within(1e-4));
      assertThat(sum(row.probabilities().orElseThrow())).isCloseTo(1, within(1e-5));
      assertThat(row.scores().orElseThrow().cc()).isEqualTo(SaliencyMetrics.cc(map, gaze));
      assertThat(row.pixels().orElseThrow()).hasSize(64 * 64);
      cc += row.scores().orElseThrow().cc();
      right += row.target().equals(row.predicted()) ? 1 : 0;
    }
    assertThat(result.metric("cc_mean").orElseThrow()).isCloseTo(cc / VALID, within(1e-12));
    assertThat(result.metric("accuracy").orElseThrow()).isCloseTo(right / VALID, within(1e-12));
    assertThat(result.metric("auroc_macro").orElseThrow())
        .isCloseTo(macroByPairs(fuse), within(1e-12));
    assertThat(ofStage(predictions, "classify")).allMatch(row -> row.map().isEmpty());
    assertThat(ofStage(predictions, "saliency")).allMatch(row -> row.probabilities().isEmpty());
    for (int i = 0; i < VALID; i++) {
      assertThat(ofStage(predictions, "saliency").get(i).map().orElseThrow())
          .as("the fuse stage leaves the saliency map as it is")
          .containsExactly(fuse.get(i).map().orElseThrow());
    }
  }

  @Test
  void everyJobIsNamedAfterWhatItEvaluates() throws Exception {
    Path other = folder.resolve("named");
    train(other, List.of("contrast", "classify"));
    JobNames jobs =
        JobNames.during(
            TestSpark.session().sparkContext(), () -> evaluate(other, SETTINGS, List.of(), false));

    assertThat(jobs.descriptions())
        .contains(
            "evaluate: mean of the training gaze maps",
            "evaluate: stage classify on split valid",
            "evaluate: simple features for the baseline")
        .allMatch(name -> name.startsWith("evaluate: "));
    assertThat(jobs.groups()).contains("evaluate/gaze", "evaluate/classify", "evaluate/baseline");
  }

  @Test
  void summaryHoldsMetricsBesideFloorsComparisonAndBaseline() throws IOException {
    EvaluateResult result = evaluate(run, SETTINGS, List.of(), false);

    JsonNode summary = Json.parse(Files.readAllBytes(run.resolve("evaluation/valid/summary.json")));
    for (String key : Evaluator.SUMMARY_METRICS) {
      assertThat(summary.path("metrics").path(key).isNumber()).as("metrics.%s", key).isTrue();
      assertThat(summary.path("floor").path(key).isNumber()).as("floor.%s", key).isTrue();
    }
    assertThat(result.floor("auroc_macro")).hasValue(0.5);
    // 24 training examples, 8 of each class: the first class is the largest; 4 of 11 are of it.
    assertThat(result.floor("accuracy").orElseThrow()).isCloseTo(4.0 / 11, within(1e-12));
    assertThat(result.floor("cc_mean").orElseThrow()).isBetween(-0.2, 0.2);
    JsonNode details = summary.path("details");
    assertThat(summary.path("files").path("predictions").asText())
        .as("relative to the folder of the summary, which may be moved")
        .isEqualTo(details.path("predictions").path("fuse").asText())
        .startsWith("predictions/fuse-");
    assertThat(details.path("predictions").size()).as("one file a stage").isEqualTo(3);
    assertThat(details.path("comparison").path("stage").asText()).isEqualTo("fuse-minus-classify");
    assertThat(details.path("comparison").path("ci_low").asDouble())
        .isLessThanOrEqualTo(details.path("comparison").path("ci_high").asDouble());
    // The classes differ in which third is bright, which the thumbnail shows.
    assertThat(details.path("baseline").path("value").asDouble()).isEqualTo(1);
    for (JsonNode name : details.path("predictions")) {
      assertThat(run.resolve("evaluation/valid").resolve(name.asText())).exists();
    }
  }

  @Test
  void floorOfTheMapsIsTheMeanTrainingGazeMap() throws IOException {
    EvaluateResult result = evaluate(run, SETTINGS, List.of(), false);

    double[] mean = new double[64 * 64];
    for (int i = 0; i < 24; i++) {
      double[] map =
          new Reduced(TrainingShards.example(i, Split.TRAIN, 64, 64), 1).gaze().orElseThrow();
      for (int p = 0; p < map.length; p++) {
        mean[p] += map[p] / 24;
      }
    }
    for (Prediction row : ofStage(predictions(result), "fuse")) {
      assertThat(row.floor().orElseThrow().cc())
          .isCloseTo(
              SaliencyMetrics.cc(Reduced.narrow(mean), row.gaze().orElseThrow()), within(1e-6));
    }
  }

  @Test
  void secondRunDoesNothingAndOtherSettingsAreRefusedUnlessToldToOverwrite() throws IOException {
    evaluate(run, SETTINGS, List.of(), false);
    String before = Files.readString(run.resolve("evaluation/valid/manifest.json"));

    EvaluateResult again = evaluate(run, SETTINGS, List.of(), false);
    assertThat(again.alreadyDone()).isTrue();
    assertThat(again.summary().path("state").asText()).isEqualTo("already-done");
    assertThat(again.metric("auroc_macro")).isPresent();
    assertThat(Files.readString(run.resolve("evaluation/valid/manifest.json"))).isEqualTo(before);

    EvaluateSettings other = new EvaluateSettings(4, 5, 1, 100, 1, true, true, false);
    assertThatThrownBy(() -> evaluate(run, other, List.of(), false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("evaluate.bootstrap-resamples: there 200, now 100")
        .hasMessageContaining("--overwrite");

    EvaluateResult replaced = evaluate(run, SETTINGS, List.of(), true);
    assertThat(replaced.alreadyDone()).isFalse();
    try (var files = Files.list(run.resolve("evaluation/valid/predictions"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".parquet")).count())
          .as("what the manifest does not list is removed")
          .isEqualTo(replaced.summary().path("details").path("predictions").size());
    }
    assertThat(contentHashes(Manifest.read(fs(), layout(run).evaluation("valid"))))
        .as("the same bytes in every file")
        .isEqualTo(contentHashes(manifest(before)));
  }

  @Test
  void howTheSplitIsCutIntoFilesAndBatchesDoesNotChangeThePredictions() throws IOException {
    Path copy = folder.resolve("run-cut");
    copy(run.resolve("stages"), copy.resolve("stages"));
    List<Prediction> one = predictions(evaluate(run, SETTINGS, List.of(), false));
    EvaluateSettings coarse = new EvaluateSettings(3, 100, 1, 50, 1, true, false, false);
    List<Prediction> other = predictions(evaluate(copy, coarse, List.of(), false));

    assertThat(other).hasSameSizeAs(one);
    for (Prediction row : one) {
      Prediction same =
          other.stream()
              .filter(o -> o.stage().equals(row.stage()))
              .filter(o -> o.exampleId().equals(row.exampleId()))
              .findFirst()
              .orElseThrow();
      row.probabilities()
          .ifPresent(
              p ->
                  assertThat(same.probabilities().orElseThrow()).containsExactly(p, within(1e-5f)));
      row.scores()
          .ifPresent(
              s -> assertThat(same.scores().orElseThrow().kl()).isCloseTo(s.kl(), within(1e-4)));
    }
  }

  @Test
  void unfinishedRunIsEvaluatedAsFarAsItGoesAndSaysSo() throws IOException {
    Path half = folder.resolve("run-half");
    copy(run.resolve("stages/contrast"), half.resolve("stages/contrast"));
    copy(run.resolve("stages/classify"), half.resolve("stages/classify"));

    EvaluateResult result =
        evaluate(half, SETTINGS, List.of("contrast", "classify", "saliency", "fuse"), false);

    assertThat(predictions(result)).extracting(Prediction::stage).containsOnly("classify");
    assertThat(result.summary().path("notes").get(0).asText())
        .isEqualTo("Not evaluated, because not finished: saliency, fuse.");
    assertThat(result.metric("auroc_macro")).isPresent();
    assertThat(result.metric("cc_mean")).isEmpty();
    assertThat(result.summary().path("details").has("comparison")).isFalse();
  }

  @Test
  void runWithoutAFinishedStageAndSplitWithoutExamplesAreInputErrors() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("run-empty"));
    assertThatThrownBy(() -> evaluate(empty, SETTINGS, List.of(), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no finished stage with a class or a saliency output")
        .hasMessageContaining("./cogaze train");
    assertThatThrownBy(() -> evaluate(folder.resolve("nowhere"), SETTINGS, List.of(), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no such folder");
    assertThatThrownBy(
            () ->
                Evaluator.run(
                    TestSpark.session(), request(run, Split.TEST, List.of(), false), SETTINGS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Cannot evaluate on split test")
        .hasMessageContaining("has no example in it");
  }

  @Test
  void shardsOfAnotherSizeAreRefusedWithBothSizes() throws IOException {
    URI other = TrainingShards.write(folder.resolve("shards-96"), 6, 3, 96, 64);
    assertThatThrownBy(
            () ->
                Evaluator.run(
                    TestSpark.session(),
                    new EvaluateRequest(
                        new org.apache.hadoop.fs.Path(run.toUri()),
                        other,
                        Split.VALID,
                        List.of(),
                        "",
                        false,
                        LockSettings.DEFAULT),
                    SETTINGS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it was trained on 64 x 64 pixels, the shards have 96 x 64");
  }

  @Test
  void shardsOfOtherPreprocessingAreRefusedWithTheDifferencesUnlessAllowed() throws IOException {
    Path copied = folder.resolve("run-other-shards");
    copy(run, copied);
    URI other =
        TrainingShards.write(
            folder.resolve("shards-inverted"), 24, VALID, 64, 64, Map.of("intensity", "window"));
    EvaluateRequest request =
        new EvaluateRequest(
            new org.apache.hadoop.fs.Path(copied.toUri()),
            other,
            Split.VALID,
            List.of(),
            "",
            true,
            LockSettings.DEFAULT);
    assertThatThrownBy(() -> Evaluator.run(TestSpark.session(), request, SETTINGS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other preprocessing settings")
        .hasMessageContaining("intensity: trained with max, the shards have window")
        .hasMessageContaining("evaluate.allow-other-preprocessing=true");

    EvaluateResult allowed =
        Evaluator.run(
            TestSpark.session(), request, new EvaluateSettings(4, 5, 1, 200, 1, true, true, true));
    List<String> notes = new ArrayList<>();
    allowed.summary().path("notes").forEach(note -> notes.add(note.asText()));
    assertThat(notes)
        .filteredOn(note -> note.contains("another shard set"))
        .singleElement()
        .asString()
        .startsWith("Stages classify, saliency, fuse were trained on another shard set");
    assertThat(notes).filteredOn(note -> note.contains("intensity: trained with max")).hasSize(1);
  }

  @Test
  void reportIsWrittenFromTheRunFolderAlone() throws IOException {
    evaluate(run, SETTINGS, List.of(), false);
    ReportResult report =
        Reporter.run(
            TestSpark.session(),
            new ReportRequest(new org.apache.hadoop.fs.Path(run.toUri()), Optional.empty()),
            new ReportSettings(1, 320));

    assertThat(report.split()).isEqualTo("valid");
    assertThat(report.examples()).isPositive();
    String html = Files.readString(run.resolve("report/report.html"));
    assertThat(html)
        .contains("Stage contrast: loss", "Stage fuse: auroc macro", "fuse minus classify")
        .contains("data:image/png;base64,", ">Stage fuse</h3>", "<dt>parameters sha256</dt>");
    assertThat(html).doesNotContain("SYNTHETIC");
    assertThat(run.resolve("report/summary.json")).exists();
    assertThatThrownBy(
            () ->
                Reporter.run(
                    TestSpark.session(),
                    new ReportRequest(
                        new org.apache.hadoop.fs.Path(run.toUri()), Optional.of("test")),
                    new ReportSettings(1, 320)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it was not evaluated on split test")
        .hasMessageContaining("--split test");
  }

  private static void train(Path run, List<String> stages) {
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            new org.apache.hadoop.fs.Path(run.toUri()),
            shards,
            TestRecipes.cooperative(1),
            TestRecipes.settings(2),
            stages,
            false,
            LockSettings.DEFAULT));
  }

  private static EvaluateResult evaluate(
      Path run, EvaluateSettings settings, List<String> stages, boolean overwrite) {
    return Evaluator.run(
        TestSpark.session(), request(run, Split.VALID, stages, overwrite), settings);
  }

  private static EvaluateRequest request(
      Path run, Split split, List<String> stages, boolean overwrite) {
    return new EvaluateRequest(
        new org.apache.hadoop.fs.Path(run.toUri()),
        shards,
        split,
        stages,
        "cogaze {}\n",
        overwrite,
        LockSettings.DEFAULT);
  }

  private static List<Prediction> predictions(EvaluateResult result) throws IOException {
    List<Prediction> rows = new ArrayList<>();
    for (ManifestFile file : Manifest.read(fs(), result.folder()).files()) {
      if (file.name().startsWith("predictions/")) {
        rows.addAll(
            PredictionTable.TABLE.readAll(
                new Configuration(), new org.apache.hadoop.fs.Path(result.folder(), file.name())));
      }
    }
    return rows;
  }

  private static List<Prediction> ofStage(List<Prediction> rows, String stage) {
    return rows.stream().filter(row -> row.stage().equals(stage)).toList();
  }

  private static double macroByPairs(List<Prediction> rows) {
    double macro = 0;
    for (int c = 0; c < 3; c++) {
      double won = 0;
      double pairs = 0;
      for (Prediction positive : rows) {
        for (Prediction negative : rows) {
          boolean pair =
              positive.target().orElseThrow().index() == c
                  && negative.target().orElseThrow().index() != c;
          if (pair) {
            float p = positive.probabilities().orElseThrow()[c];
            float n = negative.probabilities().orElseThrow()[c];
            pairs++;
            won += p > n ? 1 : p == n ? 0.5 : 0;
          }
        }
      }
      macro += won / pairs / 3;
    }
    return macro;
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static List<String> contentHashes(Manifest manifest) {
    return manifest.files().stream().map(ManifestFile::sha256).sorted().toList();
  }

  private static Manifest manifest(String json) throws IOException {
    Path copy = Files.createTempDirectory(folder, "manifest");
    Files.writeString(copy.resolve("manifest.json"), json);
    return Manifest.read(fs(), new org.apache.hadoop.fs.Path(copy.toUri()));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }

  private static RunLayout layout(Path run) {
    return new RunLayout(new org.apache.hadoop.fs.Path(run.toUri()));
  }

  private static FileSystem fs() throws IOException {
    return FileSystem.getLocal(new Configuration());
  }
}
