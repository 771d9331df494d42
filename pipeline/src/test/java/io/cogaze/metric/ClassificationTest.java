package io.cogaze.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClassificationTest {
  private static final float[][] PROBABILITIES = {
    {.7f, .2f, .1f}, {.3f, .4f, .3f}, {.2f, .6f, .2f}, {.1f, .1f, .8f}, {.5f, .1f, .4f},
  };
  private static final int[] LABELS = {0, 0, 1, 2, 2};

  static LongStream seeds() {
    return LongStream.range(0, 10);
  }

  @Test
  void scoresOfAHandWorkedSample() {
    Classification sample = Classification.of(PROBABILITIES, LABELS, 3);
    assertThat(sample.auroc(0)).hasValue(5.0 / 6);
    assertThat(sample.auroc(1)).hasValue(1);
    assertThat(sample.auroc(2)).hasValue(1);
    assertThat(sample.macroAuroc().orElseThrow()).isCloseTo((5.0 / 6 + 2) / 3, within(1e-15));
    assertThat(sample.microAuroc().orElseThrow()).isCloseTo(microByPairs(), within(1e-15));
    assertThat(sample.accuracy()).hasValue(0.6);
    assertThat(sample.confusion()).isDeepEqualTo(new long[][] {{1, 1, 0}, {0, 1, 0}, {1, 0, 1}});
    assertThat(sample.size()).isEqualTo(5);
    assertThat(sample.count(2)).isEqualTo(2);
  }

  @Test
  void macroIsUndefinedWhenAClassIsMissing() {
    Classification sample =
        Classification.of(new float[][] {{.9f, .1f, 0}, {.2f, .8f, 0}}, new int[] {0, 1}, 3);
    assertThat(sample.macroAuroc()).isEmpty();
    assertThat(sample.auroc(2)).isEmpty();
    assertThat(sample.auroc(0)).hasValue(1);
    assertThat(sample.accuracy()).hasValue(1);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void weightsOfOneGiveTheScoresThemselves(long seed) {
    Random random = new Random(seed);
    int n = 30;
    float[][] probabilities = new float[n][3];
    int[] labels = new int[n];
    int[] ones = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 3;
      ones[i] = 1;
      for (int c = 0; c < 3; c++) {
        probabilities[i][c] = random.nextInt(5) / 5f;
      }
    }
    Classification sample = Classification.of(probabilities, labels, 3);
    assertThat(sample.resampledMicroAuroc().value(ones)).isEqualTo(sample.microAuroc());
    assertThat(sample.resampledAuroc(1).value(ones)).isEqualTo(sample.auroc(1));
    assertThat(sample.resampledAccuracy().value(ones)).isEqualTo(sample.accuracy());
    int[] withoutClassTwo = new int[n];
    for (int i = 0; i < n; i++) {
      withoutClassTwo[i] = labels[i] == 2 ? 0 : 1;
    }
    assertThat(sample.resampledMacroAuroc().value(withoutClassTwo)).isEmpty();
    assertThat(sample.resampledMicroAuroc().value(withoutClassTwo)).isEmpty();
    assertThat(sample.resampledAccuracy().value(withoutClassTwo)).isPresent();
  }

  @Test
  void rejectsNotANumberALabelOutOfRangeAndAShortRowAndNamesTheirIndex() {
    assertThatThrownBy(
            () -> Classification.of(new float[][] {{1, 0}, {0, Float.NaN}}, new int[] {0, 1}, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected finite probabilities, found NaN at index 1, class 1");
    assertThatThrownBy(() -> Classification.of(new float[][] {{1, 0}}, new int[] {-1}, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected labels from 0 to 1, found -1 at index 0");
    assertThatThrownBy(() -> Classification.of(new float[][] {{1, 0}}, new int[] {0}, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("probabilities of index 0 has 2 values, but the classes has 3");
    assertThatThrownBy(() -> Classification.of(new float[0][], new int[0], 1))
        .hasMessage("Expected at least 2 classes, found 1");
  }

  @Test
  void calibrationOfAHandWorkedSample() {
    Calibration calibration =
        Calibration.of(
            new double[] {0.05, 0.95, 0.85, 1}, new boolean[] {false, true, false, true}, 5);
    assertThat(calibration.bins()).hasSize(2);
    assertThat(calibration.bins().get(1).count()).isEqualTo(3);
    assertThat(calibration.bins().get(1).accuracy()).isEqualTo(2.0 / 3);
    assertThat(calibration.expectedError())
        .isCloseTo(0.05 / 4 + Math.abs(2.0 / 3 - 2.8 / 3) * 3 / 4, within(1e-12));
    assertThatThrownBy(() -> Calibration.of(new double[] {Double.NaN}, new boolean[1], 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected confidences from 0 to 1, found NaN at index 0");
  }

  private static double microByPairs() {
    double won = 0;
    double pairs = 0;
    for (int i = 0; i < LABELS.length; i++) {
      for (int j = 0; j < LABELS.length; j++) {
        for (int c = 0; c < 3; c++) {
          if (c != LABELS[j]) {
            pairs++;
            double positive = PROBABILITIES[i][LABELS[i]];
            double negative = PROBABILITIES[j][c];
            won += positive > negative ? 1 : positive == negative ? 0.5 : 0;
          }
        }
      }
    }
    return won / pairs;
  }
}
