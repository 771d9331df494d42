package io.cogaze.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaleEvaluationTest {
  private static final String OLD = "a".repeat(64);
  private static final String NEW = "b".repeat(64);

  @TempDir private java.nio.file.Path folder;
  private FileSystem fs;
  private RunLayout run;

  @BeforeEach
  void aRunThatWasEvaluated() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
    run = new RunLayout(new Path(folder.toUri()));
    stage("classify", OLD);
    stage("fuse", OLD);
    TreeMap<String, Object> body = new TreeMap<>();
    new ConfigStamp(
            "hash",
            new TreeMap<>(
                Map.of(
                    "shards",
                    NEW,
                    StaleEvaluation.key("classify"),
                    OLD,
                    StaleEvaluation.key("fuse"),
                    OLD)))
        .putInto(body);
    FolderCommit.begin(fs, run.evaluation("test"), "evaluation").publish(body);
    Json.write(
        fs,
        new Path(run.root(), Summary.FILE),
        Map.of(
            "command", "evaluate",
            "metrics", Map.of("accuracy", 0.5),
            "floor", Map.of("accuracy", 0.4),
            "files", Map.of("predictions", "p.parquet", "report", "report.html"),
            "commands",
                Map.of(
                    "evaluate", Map.of("details", Map.of("split", "test")),
                    "train", Map.of("state", "done"))));
  }

  @Test
  void metricsOfTheWeightsThatAreThereStay() throws IOException {
    JsonNode before = summary();
    assertThat(StaleEvaluation.differences(fs, run, "test")).isEmpty();
    assertThat(StaleEvaluation.differences(fs, run, "valid")).isEmpty();
    assertThat(StaleEvaluation.withdraw(fs, run)).isEmpty();
    assertThat(summary()).isEqualTo(before);
  }

  @Test
  void metricsOfOtherWeightsAreTakenOutOfTheSummary() throws IOException {
    stage("classify", NEW);
    FolderCommit.withdraw(fs, run.stage("fuse").folder());

    assertThat(StaleEvaluation.withdraw(fs, run))
        .containsExactly(
            "classify: evaluated with parameters aaaaaaaaaaaa, now bbbbbbbbbbbb",
            "fuse: evaluated with parameters aaaaaaaaaaaa, now not trained to its end");
    JsonNode summary = summary();
    assertThat(summary.has("metrics")).isFalse();
    assertThat(summary.has("floor")).isFalse();
    assertThat(summary.path("files").has("predictions")).isFalse();
    assertThat(summary.path("files").path("report").asText()).isEqualTo("report.html");
    assertThat(summary.path("commands").has("evaluate")).isFalse();
    assertThat(summary.path("commands").has("train")).isTrue();
    assertThat(summary.path("notes").path(0).asText())
        .contains("split test", "classify", "Run evaluate and report again");
  }

  @Test
  void aRunWithoutASummaryHasNothingToWithdraw() throws IOException {
    stage("classify", NEW);
    fs.delete(new Path(run.root(), Summary.FILE), false);
    assertThat(StaleEvaluation.withdraw(fs, run)).isEmpty();
  }

  private void stage(String name, String parameters) {
    FolderCommit.begin(fs, run.stage(name).folder(), "stage")
        .publish(new TreeMap<>(Map.of("parameters_sha256", parameters)));
  }

  private JsonNode summary() throws IOException {
    return Json.read(fs, new Path(run.root(), Summary.FILE));
  }
}
