package io.cogaze.train.merge;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Averages vectors of worker 0, 1, ... with weights n_i / N. */
public final class WeightedAverage {
  private static final int BLOCK = 2048;
  private static final double HALF = 0.5;

  private WeightedAverage() {}

  /**
   * The weights n_i / N of workers that used n_i examples. Errors: {@link IllegalArgumentException}
   * when nobody used any.
   */
  public static double[] weights(long[] examples) {
    long total = 0;
    for (long n : examples) {
      if (n < 0) {
        throw new IllegalArgumentException("A worker reports " + n + " examples");
      }
      total = Math.addExact(total, n);
    }
    if (total == 0) {
      throw new IllegalArgumentException("No worker used an example, there is nothing to average");
    }
    double[] weights = new double[examples.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (double) examples[i] / total;
    }
    return weights;
  }

  /**
   * The weighted mean of vectors of one length, summed in float64 in list order and rounded to
   * float32 once. A vector of weight 1 comes back bit for bit.
   */
  public static float[] average(List<float[]> byWorker, double[] weights) {
    float[] average = new float[checkedLength(byWorker, weights)];
    average(byWorker.stream().map(FloatBuffer::wrap).toList(), weights, FloatBuffer.wrap(average));
    return average;
  }

  /**
   * The same from buffers to a buffer, all of which are read or filled from their positions on. In
   * blocks that fit a core's nearest memory, worker by worker, which keeps the order of the sum and
   * lets the compiler use vector instructions.
   *
   * @param average shares no memory with the vectors
   */
  public static void average(List<FloatBuffer> byWorker, double[] weights, FloatBuffer average) {
    if (byWorker.size() != weights.length || byWorker.isEmpty()) {
      throw new IllegalArgumentException(
          "There are " + byWorker.size() + " vectors for " + weights.length + " weights");
    }
    for (FloatBuffer vector : byWorker) {
      if (vector.remaining() != average.remaining()) {
        throw new IllegalArgumentException(
            "The workers' vectors have "
                + average.remaining()
                + " and "
                + vector.remaining()
                + " elements");
      }
    }
    int[] used = IntStream.range(0, weights.length).filter(w -> weights[w] != 0).toArray();
    if (used.length == 2 && weights[used[0]] == HALF && weights[used[1]] == HALF) {
      FloatBuffer first = byWorker.get(used[0]).duplicate();
      FloatBuffer second = byWorker.get(used[1]).duplicate();
      if (halves(first, second, average.duplicate())) {
        byWorker.forEach(vector -> vector.position(vector.limit()));
        average.position(average.limit());
        return;
      }
    }
    float[] block = new float[BLOCK];
    double[] wide = new double[BLOCK];
    double[] sums = new double[BLOCK];
    while (average.hasRemaining()) {
      int length = Math.min(BLOCK, average.remaining());
      for (int worker = 0; worker < weights.length; worker++) {
        FloatBuffer values = byWorker.get(worker);
        if (weights[worker] == 0) {
          values.position(values.position() + length);
        }
      }
      Arrays.fill(sums, 0);
      for (int worker : used) {
        byWorker.get(worker).get(block, 0, length);
        widen(block, wide);
        add(wide, weights[worker], sums);
      }
      narrow(sums, block);
      average.put(block, 0, length);
    }
  }

  /**
   * Two workers of equal weight, in float32 with the bits of float64. Halving is exact but below
   * the normal numbers, where the sum is; so either way one rounding is left, unless the sum
   * overflows. (A float64 sum rounds before that only where one value is too small to matter.)
   *
   * @return false when a sum is infinite or no number; what is in the average then is worth nothing
   */
  private static boolean halves(FloatBuffer first, FloatBuffer second, FloatBuffer average) {
    float[] values = new float[BLOCK];
    float[] others = new float[BLOCK];
    float[] zeros = new float[BLOCK];
    while (average.hasRemaining()) {
      int length = Math.min(BLOCK, average.remaining());
      first.get(values, 0, length);
      second.get(others, 0, length);
      halve(values, others, zeros);
      average.put(values, 0, length);
    }
    for (float zero : zeros) {
      if (Float.isNaN(zero)) {
        return false;
      }
    }
    return true;
  }

  private static void halve(float[] values, float[] others, float[] zeros) {
    for (int i = 0; i < BLOCK; i++) {
      // From 0 on, as the sum in float64 is: two negative zeros give a positive one.
      float sum = 0f + values[i] + others[i];
      values[i] = 0.5f * sum;
      // Stays 0 as long as no sum is infinite or no number.
      zeros[i] += 0f * sum;
    }
  }

  // Widening, summing and narrowing in one loop takes four times as long: the compiler has vector
  // instructions for the sum, and none for a loop that changes the type.

  private static void widen(float[] values, double[] wide) {
    for (int i = 0; i < BLOCK; i++) {
      wide[i] = values[i];
    }
  }

  private static void add(double[] values, double weight, double[] sums) {
    for (int i = 0; i < BLOCK; i++) {
      sums[i] += weight * values[i];
    }
  }

  private static void narrow(double[] sums, float[] values) {
    for (int i = 0; i < BLOCK; i++) {
      values[i] = (float) sums[i];
    }
  }

  /**
   * The variance of the mixture of the workers' batch statistics: the weighted mean of the
   * variances plus the weighted spread of the means around their mean. The spread is exactly 0 for
   * one worker.
   */
  public static float[] mixtureVariance(
      List<float[]> means, List<float[]> variances, double[] weights) {
    int length = checkedLength(means, weights);
    if (checkedLength(variances, weights) != length) {
      throw new IllegalArgumentException("Means and variances differ in length");
    }
    float[] mixture = new float[length];
    for (int i = 0; i < length; i++) {
      double mean = 0;
      double variance = 0;
      for (int worker = 0; worker < weights.length; worker++) {
        if (weights[worker] != 0) {
          mean += weights[worker] * means.get(worker)[i];
          variance += weights[worker] * variances.get(worker)[i];
        }
      }
      double spread = 0;
      for (int worker = 0; worker < weights.length; worker++) {
        if (weights[worker] != 0) {
          double deviation = means.get(worker)[i] - mean;
          spread += weights[worker] * deviation * deviation;
        }
      }
      mixture[i] = (float) (variance + spread);
    }
    return mixture;
  }

  private static int checkedLength(List<float[]> byWorker, double[] weights) {
    if (byWorker.size() != weights.length || byWorker.isEmpty()) {
      throw new IllegalArgumentException(
          "There are " + byWorker.size() + " vectors for " + weights.length + " weights");
    }
    int length = byWorker.get(0).length;
    for (float[] vector : byWorker) {
      if (vector.length != length) {
        throw new IllegalArgumentException(
            "The workers' vectors have " + length + " and " + vector.length + " elements");
      }
    }
    return length;
  }
}
