package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.memory.ComputeDemand;
import io.cogaze.nn.memory.TimeEstimate;
import org.junit.jupiter.api.Test;

final class StageTimeTest {
  private static final ComputeDemand DEMAND =
      new ComputeDemand(2_000_000_000L, 30_000_000_000L, 50_000_000, 700_000_000);

  @Test
  void aStageTakesItsEpochsOfTrainingAndValidationOverItsThreads() {
    double epoch =
        1000 * TimeEstimate.trainingSeconds(DEMAND) + 200 * TimeEstimate.inferenceSeconds(DEMAND);

    assertThat(new StageTime(DEMAND, false, 1, new StageSize(1000, 0, 200), 10, 4, 8).seconds())
        .isCloseTo(10 * epoch / 8, within(1e-9));
  }

  @Test
  void aFrozenBeginningThatIsKeptIsComputedInTheFirstEpochOnly() {
    double rest =
        1000 * TimeEstimate.learningSeconds(DEMAND)
            + 200 * TimeEstimate.learnedInferenceSeconds(DEMAND);
    double one = new StageTime(DEMAND, true, 1, new StageSize(1000, 0, 200), 1, 1, 1).seconds();

    assertThat(one)
        .isEqualTo(new StageTime(DEMAND, false, 1, new StageSize(1000, 0, 200), 1, 1, 1).seconds());
    assertThat(new StageTime(DEMAND, true, 1, new StageSize(1000, 0, 200), 10, 1, 1).seconds())
        .isCloseTo(one + 9 * rest, within(1e-9));
    assertThat(rest).isLessThan(one / 3);
  }

  @Test
  void anExampleThatComesToAnotherExecutorIsComputedThereAgain() {
    double one = new StageTime(DEMAND, true, 1, new StageSize(1000, 0, 0), 40, 8, 8).seconds();
    double eight = new StageTime(DEMAND, true, 8, new StageSize(1000, 0, 0), 40, 8, 8).seconds();
    double always = new StageTime(DEMAND, false, 8, new StageSize(1000, 0, 0), 40, 8, 8).seconds();
    double frozenPass =
        1000 * (TimeEstimate.trainingSeconds(DEMAND) - TimeEstimate.learningSeconds(DEMAND)) / 8;

    assertThat(eight)
        .isCloseTo(one + (8 * (1 - Math.pow(7.0 / 8, 40)) - 1) * frozenPass, within(1e-9));
    assertThat(always).isCloseTo(one + 39 * frozenPass, within(1e-9));
  }

  @Test
  void repeatsTakeTheirTimeButNotThatOfAFrozenBeginningThatIsKept() {
    StageSize repeated = new StageSize(1000, 500, 0);
    StageSize different = new StageSize(1500, 0, 0);
    double frozen = TimeEstimate.trainingSeconds(DEMAND) - TimeEstimate.learningSeconds(DEMAND);

    assertThat(new StageTime(DEMAND, false, 1, repeated, 10, 1, 1).seconds())
        .isEqualTo(new StageTime(DEMAND, false, 1, different, 10, 1, 1).seconds());
    assertThat(new StageTime(DEMAND, true, 1, repeated, 10, 1, 1).seconds())
        .isCloseTo(
            new StageTime(DEMAND, true, 1, different, 10, 1, 1).seconds() - 500 * frozen,
            within(1e-9));
  }

  @Test
  void theTextHasTwoDigitsAndSaysWhatItIsOf() {
    assertThat(text(100, 1)).startsWith("about 32 s of");
    assertThat(text(1_000, 1)).startsWith("about 6 min of");
    assertThat(text(10_000, 1)).startsWith("about 53 min of");
    assertThat(text(1_000_000, 1)).startsWith("about 88 h of");
    assertThat(text(1_000_000, 50))
        .startsWith("about 4400 h of computing for 50 epochs, the most there are")
        .endsWith(" (32 GMAC forward an example)");
    assertThat(
            new StageTime(
                    new ComputeDemand(338_441_000_000L, 0, 1, 0),
                    false,
                    1,
                    new StageSize(1, 0, 0),
                    1,
                    1,
                    1)
                .text())
        .endsWith(" (340 GMAC forward an example)");
    assertThat(
            new StageTime(
                    new ComputeDemand(22_912_000L, 0, 1, 0),
                    false,
                    1,
                    new StageSize(1, 0, 0),
                    1,
                    1,
                    1)
                .text())
        .startsWith("about 1 s of")
        .endsWith(" (0.023 GMAC forward an example)");
  }

  private static String text(long examples, int epochs) {
    return new StageTime(DEMAND, false, 1, new StageSize(examples, 0, 0), epochs, 1, 1).text();
  }
}
