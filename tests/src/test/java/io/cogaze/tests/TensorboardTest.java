package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** TensorBoard's own reader opens what training leaves for it. */
class TensorboardTest {
  private static final List<String> PARTS =
      List.of("compute", "read_wait", "serialise", "aggregate", "broadcast", "idle");

  @Test
  void tensorboardReadsEveryRoundAndEpochOfEveryStage() {
    JsonNode runs =
        Json.parse(
            PythonEnvironment.named("tensorboard")
                .script("read_events.py", SmallPipeline.run().resolve("tensorboard"))
                .expect(0)
                .out());

    assertThat(runs.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("contrast", "classify", "saliency", "fuse");
    JsonNode contrast = runs.path("contrast");
    assertThat(column(contrast.path("train/loss"), 0)).containsExactly(1.0, 2.0);
    assertThat(column(contrast.path("train/loss_embedding"), 0)).containsExactly(1.0, 2.0);
    assertThat(column(contrast.path("train/learning_rate"), 1)).allMatch(rate -> rate > 0);
    int rounds = contrast.path("round/loss").size();
    assertThat(rounds).isGreaterThanOrEqualTo(2);
    List<Double> steps = IntStream.rangeClosed(1, rounds).mapToObj(Double::valueOf).toList();
    for (String tag : List.of("round/loss", "round/loss_embedding", "round/examples_per_second")) {
      assertThat(column(contrast.path(tag), 0)).as(tag).isEqualTo(steps);
    }
    assertThat(column(contrast.path("round/loss"), 2)).as("wall time").isSorted();
    List<Double> seconds = column(contrast.path("round_seconds/all"), 1);
    double[] sums = new double[rounds];
    for (String part : PARTS) {
      List<Double> ofPart = column(contrast.path("round_seconds/" + part), 1);
      assertThat(ofPart).as(part).hasSize(rounds).allMatch(value -> value >= 0);
      Arrays.setAll(sums, round -> sums[round] + ofPart.get(round));
    }
    for (int round = 0; round < rounds; round++) {
      assertThat(sums[round])
          .as("parts of round " + (round + 1))
          .isCloseTo(seconds.get(round), withinPercentage(0.001));
    }
    assertThat(runs.path("saliency").fieldNames())
        .toIterable()
        .contains("valid/kl", "valid/loss_saliency", "round/loss_saliency");
    assertThat(runs.path("fuse").fieldNames())
        .toIterable()
        .contains("valid/loss_fused_class", "round/loss_fused_class");
  }

  /** Column 0 is the step, 1 the value, 2 the wall time. */
  private static List<Double> column(JsonNode events, int column) {
    List<Double> values = new ArrayList<>();
    events.forEach(event -> values.add(event.path(column).asDouble(Double.NaN)));
    return values;
  }
}
