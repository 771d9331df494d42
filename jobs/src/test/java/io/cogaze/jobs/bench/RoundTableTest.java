package io.cogaze.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.train.spark.ExecutorMemory;
import io.cogaze.train.spark.RoundBytes;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.spark.RoundTimes;
import io.cogaze.train.spark.TaskReport;
import io.cogaze.train.step.WorkerReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoundTableTest {
  private static final long SECOND = 1_000_000_000L;
  private static final ExecutorMemory MEMORY = new ExecutorMemory("1", "host", 1, 2, 3, 4, 5);

  @Test
  void theMeanOfAllRoundsButTheLastIsJudged() {
    List<MeasuredRound> rounds =
        List.of(
            round(1, false, 1, Optional.of(1.0)),
            round(2, false, 2, Optional.of(1.0)),
            round(3, true, 50, Optional.of(1.0)));

    assertThat(printed(rounds))
        .contains(
            "share of a round (at most 0.1 is wanted in the mean: holds): 0.073 (0.050 - 0.095)")
        .contains("by gloo (at most 2 is wanted in the mean: holds): 1.500 (1.000 - 2.000)");
    ObjectNode summary = RoundTable.summary(rounds);
    assertThat(summary.get("overhead_share").asDouble())
        .isCloseTo((1 / 20.0 + 2 / 21.0) / 2, within(1e-12));
    assertThat(summary.get("overhead_share_holds").asBoolean()).isTrue();
    assertThat(summary.get("ratio").asDouble()).isEqualTo(1.5);
    assertThat(summary.get("ratio_holds").asBoolean()).isTrue();
  }

  @Test
  void whatDoesNotHoldIsSaid() {
    List<MeasuredRound> rounds = List.of(round(1, false, 5, Optional.of(2.0)));

    assertThat(printed(rounds))
        .contains("(at most 0.1 is wanted in the mean: DOES NOT HOLD): 0.208")
        .contains("(at most 2 is wanted in the mean: DOES NOT HOLD): 2.500");
    assertThat(RoundTable.summary(rounds).get("overhead_share_holds").asBoolean()).isFalse();
    assertThat(RoundTable.summary(rounds).get("ratio_holds").asBoolean()).isFalse();
  }

  @Test
  void whatWasNotMeasuredIsNotJudged() {
    List<MeasuredRound> rounds = List.of(round(1, false, 1, Optional.empty()));

    assertThat(printed(rounds)).contains("share of a round").doesNotContain("gloo");
    assertThat(RoundTable.summary(rounds).has("ratio_holds")).isFalse();
    MeasuredRound one = rounds.get(0);
    MeasuredRound carried =
        new MeasuredRound("network", 2, 10, 1, false, false, one.summary(), Optional.of(20.0), 100);
    assertThat(printed(List.of(carried)))
        .contains("WITHOUT COMPUTING")
        .doesNotContain("share of a round")
        .contains("by gloo (at most 2 is wanted in the mean: holds): 1.000");
    assertThat(RoundTable.summary(List.of(carried)).has("overhead_share_holds")).isFalse();
  }

  /** Computes for 19 s, beside which it takes {@code rest}. */
  private static MeasuredRound round(
      int number, boolean last, long rest, Optional<Double> allReduce) {
    WorkerReport report = new WorkerReport(0, 8, 2, 4.0, new double[] {4.0}, 5, 0, 0, 19 * SECOND);
    RoundSummary summary =
        new RoundSummary(
            1,
            number,
            3,
            List.of(new TaskReport(report, 0, 0, MEMORY)),
            new RoundTimes(19 * SECOND, 0, 0, 0, 0, rest * SECOND),
            new RoundBytes(800_000_000, 0, 0, 0, 0, 0));
    return new MeasuredRound("network", 2, 10, number, last, true, summary, allReduce, 100);
  }

  private static String printed(List<MeasuredRound> rounds) {
    StringWriter text = new StringWriter();
    RoundTable.print(new PrintWriter(text), rounds);
    return text.toString();
  }
}
