package io.cogaze.train.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class WeightedAverageTest {
  @Test
  void workersCountByTheirExamples() {
    double[] weights = WeightedAverage.weights(new long[] {30, 10});

    assertThat(weights).containsExactly(0.75, 0.25);
    assertThat(
            WeightedAverage.average(
                List.of(new float[] {1, -2, 8}, new float[] {5, 2, 0}), weights))
        .containsExactly(2, -1, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2047, 2048, 2049, 5000})
  void blocksGiveTheBitsOfOneSumForEachElement(int length) {
    Random random = new Random(length);
    double[] weights = WeightedAverage.weights(new long[] {3, 0, 5, 9});
    List<float[]> vectors = new ArrayList<>();
    for (int worker = 0; worker < weights.length; worker++) {
      float[] vector = new float[length];
      for (int i = 0; i < length; i++) {
        vector[i] = (float) random.nextGaussian();
      }
      vectors.add(vector);
    }
    if (length > 0) {
      vectors.get(1)[0] = Float.NaN;
    }
    float[] expected = new float[length];
    for (int i = 0; i < length; i++) {
      double sum = 0;
      for (int worker : new int[] {0, 2, 3}) {
        sum += weights[worker] * vectors.get(worker)[i];
      }
      expected[i] = (float) sum;
    }

    assertThat(WeightedAverage.average(vectors, weights)).containsExactly(expected);
  }

  /** Two workers of equal weight are summed in another way, which must not show. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(ints = {1, 2, 3, 4})
  void twoHalvesGiveTheBitsOfASumInFloat64ForAnyTwoNumbers(int seed) {
    Random random = new Random(seed);
    double[] weights = WeightedAverage.weights(new long[] {8, 0, 8});
    float[] first = new float[300_000];
    float[] second = new float[first.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = anyNumber(random);
      // Of any size, close by, below a half of the last place, the opposite.
      second[i] =
          switch (i % 4) {
            case 0 -> anyNumber(random);
            case 1 -> Float.intBitsToFloat(Float.floatToRawIntBits(first[i]) + random.nextInt(9));
            case 2 -> Math.scalb(first[i], -22 - random.nextInt(12)) * (random.nextFloat() - 0.5f);
            default -> -first[i];
          };
      if (!Float.isFinite(first[i] + second[i])) {
        second[i] = -0f;
      }
    }
    if (seed == 4) {
      // One sum overflows in float32; all of them are to come out as before.
      first[7] = Float.MAX_VALUE;
      second[7] = Float.MAX_VALUE;
    }
    float[] nobody = new float[first.length];
    Arrays.fill(nobody, Float.NaN);
    int[] expected = new int[first.length];
    for (int i = 0; i < first.length; i++) {
      double sum = 0;
      sum += 0.5 * first[i];
      sum += 0.5 * second[i];
      expected[i] = Float.floatToRawIntBits((float) sum);
    }

    float[] average = WeightedAverage.average(List.of(first, nobody, second), weights);

    int[] bits = new int[average.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(average[i]);
    }
    assertThat(bits).isEqualTo(expected);
  }

  private static float anyNumber(Random random) {
    float any = Float.intBitsToFloat(random.nextInt());
    return switch (random.nextInt(8)) {
      case 0 -> 0f;
      case 1 -> -0f;
      case 2 -> Float.MIN_VALUE * random.nextInt(100);
      case 3 -> (float) random.nextGaussian();
      default -> Float.isFinite(any) ? any : Float.MIN_NORMAL;
    };
  }

  @Test
  void numbersThatAreNoneAndInfiniteOnesOfTwoHalvesStayWhatTheyAre() {
    double[] weights = {0.5, 0.5};
    float[] first = new float[5000];
    float[] second = new float[5000];
    first[3] = Float.NaN;
    second[4999] = Float.NEGATIVE_INFINITY;
    second[8] = 4;

    float[] average = WeightedAverage.average(List.of(first, second), weights);

    assertThat(average[3]).isNaN();
    assertThat(average[4999]).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(average[8]).isEqualTo(2);
    assertThat(average[9]).isZero();
  }

  @Test
  void varianceGrowsByTheSpreadOfTheMeans() {
    double[] weights = {0.75, 0.25};
    List<float[]> means = List.of(new float[] {1}, new float[] {5});
    List<float[]> variances = List.of(new float[] {2}, new float[] {6});

    // Mean 2; variances 0.75*2 + 0.25*6 = 3; spread 0.75*1 + 0.25*9 = 3.
    assertThat(WeightedAverage.mixtureVariance(means, variances, weights)).containsExactly(6);
  }

  @Test
  void varianceOfTheMixtureIsTheVarianceOfAllSamplesTogether() {
    Random random = new Random(4);
    int[] counts = {7, 20, 3};
    double[] weights = WeightedAverage.weights(new long[] {7, 20, 3});
    List<float[]> means = new ArrayList<>();
    List<float[]> variances = new ArrayList<>();
    double sum = 0;
    double squares = 0;
    for (int count : counts) {
      double own = 0;
      double ownSquares = 0;
      for (int i = 0; i < count; i++) {
        double value = random.nextGaussian() + count;
        own += value;
        ownSquares += value * value;
      }
      sum += own;
      squares += ownSquares;
      double mean = own / count;
      means.add(new float[] {(float) mean});
      variances.add(new float[] {(float) (ownSquares / count - mean * mean)});
    }
    double mean = sum / 30;

    assertThat((double) WeightedAverage.mixtureVariance(means, variances, weights)[0])
        .isCloseTo(squares / 30 - mean * mean, within(1e-4));
  }

  @Test
  void oneWorkerComesBackBitForBit() {
    float[] vector = {0.1f, -3.3333333f, 1e-38f, Float.MIN_VALUE, 1e30f};
    double[] weights = WeightedAverage.weights(new long[] {17});

    assertThat(WeightedAverage.average(List.of(vector), weights)).isEqualTo(vector);
    assertThat(WeightedAverage.mixtureVariance(List.of(vector), List.of(vector), weights))
        .isEqualTo(vector);
  }

  @Test
  void equalVectorsStayEqualForAwkwardWeights() {
    Random random = new Random(5);
    float[] vector = new float[10_000];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    double[] weights = WeightedAverage.weights(new long[] {16, 16, 11});

    assertThat(WeightedAverage.average(List.of(vector, vector, vector), weights)).isEqualTo(vector);
  }

  @Test
  void aWorkerWithoutExamplesDoesNotCountEvenWithoutNumbers() {
    double[] weights = WeightedAverage.weights(new long[] {4, 0});

    assertThat(WeightedAverage.average(List.of(new float[] {2}, new float[] {Float.NaN}), weights))
        .containsExactly(2);
  }

  @Test
  void nothingToAverageIsAnError() {
    assertThatThrownBy(() -> WeightedAverage.weights(new long[] {0, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No worker used an example, there is nothing to average");
    assertThatThrownBy(
            () -> WeightedAverage.average(List.of(new float[2], new float[3]), new double[] {1, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 and 3 elements");
  }
}
