package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ScheduleTest {
  private static final Selection LOWEST_LOSS =
      new Selection(Selection.Metric.LOSS, Selection.Mode.MIN);
  private static final PlateauSettings PLATEAU = new PlateauSettings(0.1, 40, 1e-4, true, 1e-8);

  @Test
  void withoutImprovementAfterEpochBTheRateDropsAtB41AndB82AndTheStageStopsAtB83() {
    Schedule schedule = new Schedule(LOWEST_LOSS, Optional.of(PLATEAU), 83);
    Schedule.State state = schedule.start(1e-4);
    int best = 3;
    int drops = 0;
    int epoch = 0;
    Schedule.Step step;
    do {
      epoch++;
      step = schedule.after(state, epoch, epoch <= best ? 1.0 / epoch : 1.0);
      if (step.state().learningRate() < state.learningRate()) {
        drops++;
        assertThat(epoch).isEqualTo(best + 41 * drops);
        assertThat(step.reloadBest()).isTrue();
      }
      state = step.state();
    } while (step.stop().isEmpty());

    assertThat(drops).isEqualTo(2);
    assertThat(state.learningRate()).isEqualTo(1e-4 * 0.1 * 0.1);
    assertThat(epoch).isEqualTo(best + 83);
    assertThat(step.stop()).contains("no better value for 83 epochs, since epoch 3");
  }

  @Test
  void aTinyImprovementIsABetterCheckpointButStillAPlateau() {
    Schedule schedule =
        new Schedule(LOWEST_LOSS, Optional.of(new PlateauSettings(0.5, 1, 1e-2, true, 0)), 100);
    Schedule.State state = schedule.after(schedule.start(1), 1, 1.0).state();

    Schedule.Step second = schedule.after(state, 2, 0.999);
    Schedule.Step third = schedule.after(second.state(), 3, 0.998);

    assertThat(second.improved()).isTrue();
    assertThat(third.state().learningRate()).isEqualTo(0.5);
    assertThat(third.reloadBest()).as("the newest epoch is the best").isFalse();
  }

  @Test
  void aMetricToMaximiseImprovesUpwards() {
    Schedule schedule =
        new Schedule(
            new Selection(Selection.Metric.AUROC_MACRO, Selection.Mode.MAX), Optional.empty(), 2);
    Schedule.State state = schedule.after(schedule.start(1), 1, 0.5).state();

    assertThat(schedule.after(state, 2, 0.6).improved()).isTrue();
    assertThat(schedule.after(state, 2, 0.4).improved()).isFalse();
    assertThat(schedule.after(state, 3, 0.4).stop()).isPresent();
  }

  @Test
  void theStageStopsBelowTheMinimumLearningRate() {
    Schedule schedule =
        new Schedule(LOWEST_LOSS, Optional.of(new PlateauSettings(0.1, 0, 0, false, 1e-3)), 100);
    Schedule.State state = schedule.after(schedule.start(2e-3), 1, 1.0).state();

    assertThat(schedule.after(state, 2, 1.0).stop()).get().asString().contains("below the minimum");
  }

  @Test
  void anEpochThatCannotBeJudgedIsTheBestAndMovesNothingElse() {
    Schedule schedule =
        new Schedule(LOWEST_LOSS, Optional.of(new PlateauSettings(0.1, 0, 0, true, 0)), 1);
    Schedule.State state = schedule.start(1e-3);
    for (int epoch = 1; epoch <= 5; epoch++) {
      Schedule.Step step = schedule.afterUnjudged(state, epoch);
      state = step.state();

      assertThat(step.improved()).isTrue();
      assertThat(step.reloadBest()).isFalse();
      assertThat(step.stop()).isEmpty();
      assertThat(state.bestEpoch()).isEqualTo(epoch);
      assertThat(state.bestValue()).isNaN();
      assertThat(state.learningRate()).isEqualTo(1e-3);
    }
  }
}
