package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.tests.SmallPipeline.Step;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The help of every command, and that its example works as it stands there. */
class HelpTest {
  @Test
  void theRootNamesEveryCommand() {
    String help = new Cogaze().run("--help").expect(0).out();
    for (String command :
        List.of(
            "demo",
            "synthesize",
            "preprocess",
            "train",
            "evaluate",
            "report",
            "inspect",
            "doctor",
            "bench")) {
      assertThat(help).containsPattern("(?m)^ +" + command + " +\\S");
    }
    assertThat(help)
        .contains("Not for clinical use", "Exit codes:")
        .contains("--dry-run", "-- --master yarn")
        .contains("SPARK_HOME", "SPARK_CONF_DIR", "JAVA_HOME", "COGAZE_MACHINE_MEMORY")
        .contains("OMP_NUM_THREADS", "COGAZE_PSEUDONYM_KEY", "TERM", "CI");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "synthesize",
        "preprocess",
        "train",
        "evaluate",
        "report",
        "inspect",
        "doctor"
      })
  void eachCommandExplainsItsOptionsQuickly(String command) {
    Completed help = Examples.help(command);
    assertThat(help.out())
        .contains("Usage: cogaze " + command)
        .contains("--set", "--config", "--print-config", "--stacktrace", "--progress")
        .contains("Example:\n  cogaze " + command);
    assertThat(help.err()).isEmpty();
    assertThat(help.seconds()).as("no Spark is started for help").isLessThan(20);
  }

  @Test
  void theBenchmarksExplainThemselves() {
    assertThat(new Cogaze().run("bench", "--help").expect(0).out())
        .contains("Usage: cogaze bench", "engine")
        .doesNotContainPattern("(?m)^  worker ");
    assertThat(new Cogaze().run("bench", "engine", "--help").expect(0).out())
        .contains("Usage: cogaze bench engine", "--case", "--threads", "--pairs", "--phase")
        .contains("--json", "--output", "--python", "--cache", "Example:\n  cogaze bench engine")
        .doesNotContain("--tiny");
  }

  /** The shared pipeline is made by these examples, one after the other. */
  @ParameterizedTest
  @EnumSource
  void theExampleOfEachStepRuns(Step step) {
    Completed done = SmallPipeline.printed(step);
    assertThat(done.command()).containsAll(Examples.words(step.command()));
    assertThat(done.out()).isNotBlank();
  }

  @Test
  void theExampleOfInspectPrintsJson() {
    SmallPipeline.run();
    Object[] words = Examples.words("inspect").toArray();
    JsonNode shards = Json.parse(SmallPipeline.cogaze().run(words).expect(0).out());
    assertThat(shards.path("kind").asText()).isEqualTo("shards");
  }

  @Test
  void theExampleOfTheDemoDoesAllStepsInOneGo() {
    Path folder = SmallPipeline.scratch("demo");
    List<Object> words = new java.util.ArrayList<>(List.of(SmallPipeline.example("demo")));
    words.addAll(List.of("--set", "demo.images=40", "--set", "preprocess.canvas.scale=0.0625"));
    Completed done =
        SmallPipeline.cogaze().from(folder).run(words.toArray(new Object[0])).expect(0);
    assertThat(done.out()).contains("synthetic data", "Report: ");
    Path output = folder.resolve("demo-output");
    JsonNode summary = Json.summary(output);
    assertThat(summary.path("command").asText()).isEqualTo("demo");
    assertThat(summary.path("counts").path("images").asInt()).isEqualTo(40);
    assertThat(summary.path("counts").path("test_examples").asInt()).isPositive();
    for (String metric :
        List.of("auroc_macro", "auroc_micro", "accuracy", "cc_mean", "kl_mean", "sim_mean")) {
      assertThat(summary.path("metrics").path(metric).isNumber()).as(metric).isTrue();
      assertThat(summary.path("floor").path(metric).isNumber()).as("floor " + metric).isTrue();
    }
    assertThat(summary.path("phases").findValuesAsText("name"))
        .contains("synthesize", "preprocess", "train", "evaluate", "report");
    assertThat(summary.path("details").path("comparison").path("ci_low").isNumber()).isTrue();
    assertThat(output.resolve(summary.path("files").path("predictions").asText())).isRegularFile();
    assertThat(output.resolve("run/report/report.html")).isRegularFile();
    assertThat(output.resolve("config.conf")).isRegularFile();
  }
}
