package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.error.RunException;
import io.cogaze.train.step.TrainingState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StateSliceTest {
  private static final int LEARNED = 5000;
  private static final int STATISTICS = 300;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 64})
  void averagesOfOneWorkersSlicesTogetherAreItsState(int slices) {
    TrainingState state = random(1, 1);

    List<byte[]> averages =
        SliceBytes.cut(state, slices, new StateSlice.Origin(0, 5, 5)).stream()
            .map(slice -> SliceBytes.average(List.of(slice), StateSliceTest::none))
            .toList();
    TrainingState joined = SliceBytes.join(averages, 3, 2);

    assertSame(joined, state);
    assertThat(joined.iteration()).isEqualTo(3);
    assertThat(joined.epoch()).isEqualTo(2);
  }

  @Test
  void theAverageIsTheWeightedMeanByHandWhateverTheOrder() {
    TrainingState first = random(1, 1);
    TrainingState second = random(2, 1);
    List<byte[]> slices =
        List.of(
            SliceBytes.cut(second, 0, 1, new StateSlice.Origin(4, 10, 25)),
            SliceBytes.cut(first, 0, 1, new StateSlice.Origin(1, 30, 75)));

    byte[] average = SliceBytes.average(slices, StateSliceTest::none);
    TrainingState found = SliceBytes.join(List.of(average), 0, 0);

    for (int i = 0; i < LEARNED; i++) {
      assertThat(found.learned()[i])
          .isEqualTo((float) (0.75 * first.learned()[i] + 0.25 * second.learned()[i]));
    }
    for (int i = 0; i < found.updater().length; i++) {
      assertThat(found.updater()[i])
          .isEqualTo((float) (0.75 * first.updater()[i] + 0.25 * second.updater()[i]));
    }
    for (int i = 0; i < STATISTICS; i++) {
      double mean = 0.75 * first.means()[i] + 0.25 * second.means()[i];
      double spread =
          0.75 * Math.pow(first.means()[i] - mean, 2)
              + 0.25 * Math.pow(second.means()[i] - mean, 2);
      double variance = 0.75 * first.variances()[i] + 0.25 * second.variances()[i];
      assertThat(found.variances()[i]).isCloseTo((float) (variance + spread), within(1e-6f));
    }
    assertThat(SliceBytes.average(List.of(slices.get(1), slices.get(0)), StateSliceTest::none))
        .isEqualTo(average);
  }

  @Test
  void aWorkerWithoutBatchesCountsForTheOptimisersStateOnly() {
    TrainingState busy = random(1, 1);
    TrainingState idle = random(2, 1);
    TrainingState found =
        SliceBytes.join(
            List.of(
                SliceBytes.average(
                    List.of(
                        SliceBytes.cut(busy, 0, 1, new StateSlice.Origin(0, 4, 12)),
                        SliceBytes.cut(idle, 0, 1, new StateSlice.Origin(1, 0, 4))),
                    StateSliceTest::none)),
            0,
            0);

    assertThat(found.learned()).isEqualTo(busy.learned());
    assertThat(found.variances()).isEqualTo(busy.variances());
    assertThat(found.updater()[7])
        .isEqualTo((float) (0.75 * busy.updater()[7] + 0.25 * idle.updater()[7]));
  }

  @Test
  void aResultThatComesTwiceIsRefused() {
    byte[] slice = SliceBytes.cut(random(1, 1), 0, 2, new StateSlice.Origin(3, 4, 4));

    assertThatThrownBy(() -> SliceBytes.average(List.of(slice, slice), StateSliceTest::none))
        .isInstanceOf(RunException.class)
        .hasMessageStartingWith("Cannot average: worker 3 delivered its result twice");
  }

  @Test
  void differencesTakeHalfTheBytesAndDoNotDependOnTheCuts() {
    TrainingState start = random(1, 1);
    List<TrainingState> reached = List.of(moved(start, 2), moved(start, 3));
    TrainingState exact = averaged(start, reached, 1, false);
    TrainingState rounded = averaged(start, reached, 1, true);

    assertSame(averaged(start, reached, 5, true), rounded);
    assertThat(rounded.updater()).as("sent in full").isEqualTo(exact.updater());
    assertThat(rounded.learned()).isNotEqualTo(exact.learned());
    for (int i = 0; i < LEARNED; i++) {
      // The largest difference is about 4.5 standard deviations of 1e-3.
      assertThat(rounded.learned()[i]).isCloseTo(exact.learned()[i], within(4e-7f));
    }
    for (int i = 0; i < STATISTICS; i++) {
      assertThat(rounded.variances()[i]).isCloseTo(exact.variances()[i], within(1e-6f));
    }
    TrainingState withoutUpdater = reached.get(0).withUpdater(new float[0]);
    StateSlice.Origin origin = new StateSlice.Origin(0, 1, 1);
    int full = SliceBytes.cut(withoutUpdater, 0, 1, origin).length;
    int half = StateSlice.cutDeltas(start, withoutUpdater, 0, 1, origin, 9).length;
    assertThat(half / (double) full).isBetween(0.5, 0.56);
  }

  @Test
  void equalStatesHaveNoSpreadAsDifferencesEither() {
    TrainingState start = random(1, 1);

    TrainingState one = averaged(start, List.of(moved(start, 2)), 2, true);

    assertThat(one.variances()).isEqualTo(moved(start, 2).variances());
  }

  private static TrainingState averaged(
      TrainingState start, List<TrainingState> reached, int slices, boolean deltas) {
    List<byte[]> starts = SliceBytes.cut(start, slices, StateSlice.Origin.DRIVER);
    List<byte[]> averaged = new ArrayList<>();
    for (int slice = 0; slice < slices; slice++) {
      List<byte[]> ofWorkers = new ArrayList<>();
      for (int worker = 0; worker < reached.size(); worker++) {
        StateSlice.Origin origin = new StateSlice.Origin(worker, worker + 1, worker + 1);
        TrainingState state = reached.get(worker);
        ofWorkers.add(
            deltas
                ? StateSlice.cutDeltas(start, state, slice, slices, origin, 77 + worker)
                : SliceBytes.cut(state, slice, slices, origin));
      }
      byte[] from = starts.get(slice);
      averaged.add(SliceBytes.average(ofWorkers, () -> from));
    }
    return SliceBytes.join(averaged, 0, 0);
  }

  private static byte[] none() {
    throw new AssertionError("Values in full need no start");
  }

  private static TrainingState moved(TrainingState start, long seed) {
    Random random = new Random(seed);
    TrainingState moved = random(seed, 1e-3);
    for (int i = 0; i < LEARNED; i++) {
      moved.learned()[i] = (float) (start.learned()[i] + 1e-3 * random.nextGaussian());
    }
    for (int i = 0; i < STATISTICS; i++) {
      moved.means()[i] = (float) (start.means()[i] + 1e-3 * random.nextGaussian());
    }
    return moved;
  }

  private static TrainingState random(long seed, double size) {
    Random random = new Random(seed);
    float[] variances = values(STATISTICS, size, random);
    for (int i = 0; i < STATISTICS; i++) {
      variances[i] = Math.abs(variances[i]);
    }
    return new TrainingState(
        values(LEARNED, size, random),
        values(STATISTICS, size, random),
        variances,
        values(2 * LEARNED, size, random),
        3,
        2);
  }

  private static float[] values(int length, double size, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (size * random.nextGaussian());
    }
    return values;
  }

  private static void assertSame(TrainingState found, TrainingState expected) {
    assertThat(found.learned()).isEqualTo(expected.learned());
    assertThat(found.means()).isEqualTo(expected.means());
    assertThat(found.variances()).isEqualTo(expected.variances());
    assertThat(found.updater()).isEqualTo(expected.updater());
  }
}
