package io.cogaze.train.merge;

import java.util.List;

/** Averages vectors of worker 0, 1, ... with weights n_i / N. */
public final class WeightedAverage {
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
    int length = checkedLength(byWorker, weights);
    float[] average = new float[length];
    for (int i = 0; i < length; i++) {
      double sum = 0;
      for (int worker = 0; worker < weights.length; worker++) {
        if (weights[worker] != 0) {
          sum += weights[worker] * byWorker.get(worker)[i];
        }
      }
      average[i] = (float) sum;
    }
    return average;
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
