package io.cogaze.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RocRankingTest {
  static LongStream seeds() {
    return LongStream.range(0, 20);
  }

  @Test
  void knownSmallCasesHaveTheirExactArea() {
    assertThat(area(new double[] {.1, .4, .35, .8}, false, false, true, true)).isEqualTo(0.75);
    assertThat(area(new double[] {1, 2, 3, 4}, false, false, true, true)).isEqualTo(1);
    assertThat(area(new double[] {4, 3, 2, 1}, false, false, true, true)).isEqualTo(0);
    assertThat(area(new double[] {5, 5, 5, 5}, false, true, false, true)).isEqualTo(0.5);
    // Pairs: (2,1) won, (2,2) tied, (2,1) won, (1,1) tied, (1,2) lost, (1,1) tied: 3.5 of 6.
    assertThat(area(new double[] {1, 2, 1, 2, 1}, false, false, false, true, true))
        .isEqualTo(3.5 / 6);
    assertThat(area(new double[] {0.0, -0.0}, true, false)).isEqualTo(0.5);
  }

  @Test
  void areaIsUndefinedWhenOneSideOfTheTruthIsMissing() {
    assertThat(RocRanking.of(new double[] {1, 2}, new boolean[] {true, true}).auroc()).isEmpty();
    assertThat(RocRanking.of(new double[] {1, 2}, new boolean[2]).auroc()).isEmpty();
    assertThat(RocRanking.of(new double[0], new boolean[0]).auroc()).isEmpty();
    assertThat(RocRanking.of(new double[] {1, 2}, new boolean[2]).curve()).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void areaEqualsTheShareOfPairsWonAndTheTrapezoidUnderTheCurve(long seed) {
    Sample sample = Sample.withSeed(seed);
    assertThat(sample.area()).isEqualTo(sample.areaByPairs());
    double trapezoid = 0;
    List<RocRanking.Point> curve = RocRanking.of(sample.scores, sample.truth).curve();
    for (int i = 1; i < curve.size(); i++) {
      trapezoid +=
          (curve.get(i).falsePositiveRate() - curve.get(i - 1).falsePositiveRate())
              * (curve.get(i).truePositiveRate() + curve.get(i - 1).truePositiveRate())
              / 2;
    }
    assertThat(trapezoid).isCloseTo(sample.area(), within(1e-12));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void areaIsUnchangedByIncreasingMapsAndByPermutation(long seed) {
    Sample sample = Sample.withSeed(seed);
    double[] mapped = new double[sample.scores.length];
    for (int i = 0; i < mapped.length; i++) {
      mapped[i] = Math.exp(3 * sample.scores[i]) - 7;
    }
    assertThat(RocRanking.of(mapped, sample.truth).auroc()).hasValue(sample.area());
    assertThat(sample.permuted(seed + 1).area()).isEqualTo(sample.area());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void areaOfTheNegatedScoreIsOneMinusTheArea(long seed) {
    Sample sample = Sample.withSeed(seed);
    double[] negated = new double[sample.scores.length];
    for (int i = 0; i < negated.length; i++) {
      negated[i] = -sample.scores[i];
    }
    assertThat(RocRanking.of(negated, sample.truth).auroc().orElseThrow())
        .isCloseTo(1 - sample.area(), within(1e-12));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void weightedAreaEqualsTheAreaOfTheRepeatedSample(long seed) {
    Sample sample = Sample.withSeed(seed);
    Random random = new Random(seed);
    int[] weights = random.ints(sample.scores.length, 0, 4).toArray();
    double[] scores = new double[java.util.Arrays.stream(weights).sum()];
    boolean[] truth = new boolean[scores.length];
    int next = 0;
    for (int i = 0; i < weights.length; i++) {
      for (int k = 0; k < weights[i]; k++) {
        scores[next] = sample.scores[i];
        truth[next++] = sample.truth[i];
      }
    }
    assertThat(RocRanking.of(sample.scores, sample.truth).auroc(weights, 1))
        .isEqualTo(RocRanking.of(scores, truth).auroc());
  }

  @Test
  void rejectsNotANumberAndNamesItsIndex() {
    assertThatThrownBy(() -> RocRanking.of(new double[] {0, Double.NaN}, new boolean[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected finite values in scores, found NaN at index 1");
    assertThatThrownBy(
            () -> RocRanking.of(new double[] {Double.NEGATIVE_INFINITY, 0}, new boolean[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected finite values in scores, found -Infinity at index 0");
    assertThatThrownBy(() -> RocRanking.of(new double[3], new boolean[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scores has 3 values, but truth has 2");
  }

  private static double area(double[] scores, boolean... truth) {
    return RocRanking.of(scores, truth).auroc().orElseThrow();
  }

  private record Sample(double[] scores, boolean[] truth) {
    static Sample withSeed(long seed) {
      Random random = new Random(seed);
      int n = 2 + random.nextInt(60);
      double[] scores = new double[n];
      boolean[] truth = new boolean[n];
      for (int i = 0; i < n; i++) {
        scores[i] = random.nextInt(12) / 10.0; // few values: many ties
        truth[i] = i == 0 || (i != 1 && random.nextBoolean());
      }
      return new Sample(scores, truth);
    }

    double area() {
      return RocRanking.of(scores, truth).auroc().orElseThrow();
    }

    double areaByPairs() {
      double won = 0;
      double pairs = 0;
      for (int i = 0; i < truth.length; i++) {
        for (int j = 0; j < truth.length; j++) {
          if (truth[i] && !truth[j]) {
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
          }
        }
      }
      return won / pairs;
    }

    Sample permuted(long seed) {
      List<Integer> order =
          new java.util.ArrayList<>(
              java.util.stream.IntStream.range(0, truth.length).boxed().toList());
      java.util.Collections.shuffle(order, new Random(seed));
      double[] s = new double[truth.length];
      boolean[] t = new boolean[truth.length];
      for (int i = 0; i < t.length; i++) {
        s[i] = scores[order.get(i)];
        t[i] = truth[order.get(i)];
      }
      return new Sample(s, t);
    }
  }
}
