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

    assertThat(new StageTime(DEMAND, false, 1000, 200, 10, 4, 8).seconds())
        .isCloseTo(10 * epoch / 8, within(1e-9));
  }

  @Test
  void aFrozenBeginningThatIsKeptIsComputedInTheFirstEpochOnly() {
    double rest =
        1000 * TimeEstimate.learningSeconds(DEMAND)
            + 200 * TimeEstimate.learnedInferenceSeconds(DEMAND);
    double one = new StageTime(DEMAND, true, 1000, 200, 1, 1, 1).seconds();

    assertThat(one).isEqualTo(new StageTime(DEMAND, false, 1000, 200, 1, 1, 1).seconds());
    assertThat(new StageTime(DEMAND, true, 1000, 200, 10, 1, 1).seconds())
        .isCloseTo(one + 9 * rest, within(1e-9));
    assertThat(rest).isLessThan(one / 3);
  }

  @Test
  void theTextHasTwoDigitsAndSaysWhatItIsOf() {
    assertThat(new StageTime(DEMAND, false, 1_000_000, 200_000, 50, 4, 8).text())
        .startsWith("about ")
        .endsWith(" of computing for 50 epochs, the most there are (32 GMAC forward an example)");
    assertThat(new StageTime(DEMAND, false, 100, 0, 1, 1, 1).text()).startsWith("about 32 s of");
  }
}
