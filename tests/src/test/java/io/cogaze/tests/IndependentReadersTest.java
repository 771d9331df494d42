package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Readers that share nothing with CoGaze open what it writes, and come to the same figures. */
class IndependentReadersTest {
  @Test
  void pydicomReadsEveryPictureAsAnXrayOfThatPath() {
    JsonNode seen = read("dicom", SmallPipeline.data());
    assertThat(seen.path("files").asInt()).isEqualTo(40);
    assertThat(seen.path("bits_allocated")).extracting(JsonNode::asInt).containsOnly(16);
    assertThat(seen.path("photometric"))
        .extracting(JsonNode::asText)
        .contains("MONOCHROME1", "MONOCHROME2");
    assertThat(seen.path("portrait").asInt()).isPositive();
    assertThat(seen.path("landscape").asInt()).isPositive();
    assertThat(seen.path("sizes").asInt()).as("different sizes").isGreaterThan(2);
    assertThat(seen.path("constant_pictures").asInt(-1)).isZero();
    assertThat(seen.path("patient_unlike_path").asInt(-1)).isZero();
  }

  @Test
  void pandasReadsTheFourTablesWithTheColumnsOfTheOriginal() {
    JsonNode seen = read("csv", SmallPipeline.data());
    JsonNode counts = Json.summary(SmallPipeline.data()).path("counts");
    Map<String, Integer> columns =
        Map.of("master_sheet", 59, "eye_gaze", 37, "fixations", 37, "bounding_boxes", 6);
    columns.forEach(
        (table, number) ->
            assertThat(seen.path(table).path("columns").asInt()).as(table).isEqualTo(number));
    assertThat(seen.path("master_sheet").path("rows").asLong())
        .isEqualTo(counts.path("images").asLong());
    assertThat(seen.path("eye_gaze").path("rows").asLong())
        .isEqualTo(counts.path("gaze_samples").asLong());
    assertThat(seen.path("fixations").path("rows").asLong())
        .isEqualTo(counts.path("fixations").asLong());
    assertThat(seen.path("patients").asLong()).isEqualTo(counts.path("patients").asLong());
    assertThat(seen.path("several_lines").asInt()).as("quoted line breaks").isPositive();
    assertThat(seen.path("strange_gaze").asInt()).as("calibration rows").isPositive();
    assertThat(seen.path("blinks").asInt()).isPositive();
  }

  @Test
  void pyarrowAndDuckDbReadTheShards() {
    JsonNode seen = read("shards", SmallPipeline.shards());
    JsonNode counts = Json.summary(SmallPipeline.shards()).path("counts");
    for (String reader : List.of("pandas", "duckdb")) {
      for (String split : List.of("train", "valid", "test")) {
        assertThat(seen.path(reader).path(split).asLong())
            .as(reader + " " + split)
            .isEqualTo(counts.path("examples_" + split).asLong());
      }
    }
    assertThat(seen.path("pixel_bytes").asLong()).isEqualTo(64 * 64 * 2);
    assertThat(seen.path("smallest_gaze_sum").asDouble()).isCloseTo(1, within(1e-3));
    assertThat(seen.path("largest_gaze_sum").asDouble()).isCloseTo(1, within(1e-3));
    assertThat(seen.path("patients_in_two_splits").asInt(-1)).isZero();
    assertThat(seen.path("index_rows").asInt()).isEqualTo(40);
    assertThat(seen.path("fingerprint_rows").asInt()).isEqualTo(40);
    assertThat(seen.path("raw_patient_ids").asInt(-1)).as("ids are hashed").isZero();
  }

  @Test
  void metricsRecomputedFromThePredictionsEqualTheReported() {
    Path evaluation = SmallPipeline.run().resolve("evaluation/test");
    JsonNode summary = Json.summary(evaluation);
    String predictions =
        evaluation.resolve(summary.path("files").path("predictions").asText()).toString();
    Completed done =
        PythonEnvironment.named("readers").script("recompute_metrics.py", predictions).expect(0);
    JsonNode again = Json.parse(done.out());
    JsonNode reported = summary.path("metrics");
    for (String metric : List.of("auroc_macro", "auroc_micro", "accuracy")) {
      assertThat(again.path(metric).asDouble())
          .as(metric)
          .isCloseTo(reported.path(metric).asDouble(), within(1e-9));
    }
    for (String metric : List.of("cc_mean", "kl_mean", "sim_mean")) {
      assertThat(again.path(metric).isNumber()).as(metric).isTrue();
      assertThat(again.path(metric).asDouble())
          .as(metric)
          .isCloseTo(reported.path(metric).asDouble(), within(1e-6));
    }
    assertThat(again.path("examples").asLong())
        .isEqualTo(summary.path("counts").path("examples").asLong());
  }

  @Test
  void pandasAndDuckDbReadPredictionsAndMetrics() {
    Path evaluation = SmallPipeline.run().resolve("evaluation/test");
    JsonNode seen = read("evaluation", evaluation);
    JsonNode summary = Json.summary(evaluation);
    long examples = summary.path("counts").path("examples").asLong();
    assertThat(seen.path("rows_of_fuse").asLong()).isEqualTo(examples);
    assertThat(seen.path("worst_probability_sum").asDouble()).isLessThan(1e-5);
    assertThat(seen.path("worst_map_sum").asDouble()).isLessThan(1e-3);
    assertThat(seen.path("metric_columns"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "run", "stage", "split", "metric", "class", "value", "n", "ci_low", "ci_high");
    assertThat(seen.path("auroc_macro_of_fuse").asDouble())
        .isEqualTo(summary.path("metrics").path("auroc_macro").asDouble());
    assertThat(seen.path("classes_of_fuse"))
        .extracting(JsonNode::asText)
        .contains("Normal", "CHF", "pneumonia");
  }

  @Test
  void pandasAndDuckDbReadTheRoundsAndTheMemoryOfAStage() {
    JsonNode seen = read("stage", SmallPipeline.run().resolve("stages/contrast"));
    assertThat(seen.path("rounds").asInt()).isGreaterThanOrEqualTo(2);
    assertThat(seen.path("epochs").asInt()).isEqualTo(2);
    assertThat(seen.path("examples_of_epochs"))
        .extracting(JsonNode::asLong)
        .containsOnly(
            Json.summary(SmallPipeline.shards()).path("counts").path("examples_train").asLong());
    assertThat(seen.path("least_part").asDouble()).isNotNegative();
    assertThat(seen.path("worst_sum").asDouble()).as("parts against seconds").isLessThan(1e-6);
    assertThat(seen.path("most_speed_up").asDouble()).isBetween(0.01, 2.0);
    assertThat(seen.path("rounds_with_memory")).isEqualTo(seen.path("rounds"));
    assertThat(seen.path("least_heap").asLong()).isPositive();
    assertThat(seen.path("heap_above_max").asInt(-1)).isZero();
  }

  private static JsonNode read(String what, Path folder) {
    Completed done = PythonEnvironment.named("readers").script("read_outputs.py", what, folder);
    return Json.parse(done.expect(0).out());
  }
}
