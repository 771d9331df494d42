package io.cogaze.metric;

import java.util.Arrays;

/**
 * Summary of one value per image.
 *
 * @param median of an even number of values: the mean of the middle two
 * @param populationStd divided by n, not n - 1
 */
public record Distribution(int n, double mean, double median, double populationStd) {
  /**
   * Summarises values.
   *
   * @throws IllegalArgumentException naming the index of a NaN or infinity, or if there is no value
   */
  public static Distribution of(double[] values) {
    Checks.finite("values", values);
    Checks.notEmpty("values", values.length);
    return new Distribution(
        values.length, mean(values), quantile(values, 0.5), populationStd(values));
  }

  /** The plain mean, summed in index order. */
  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  static double populationStd(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  /** The q-quantile with linear interpolation between order statistics (type 7 of Hyndman, Fan). */
  static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double position = q * (sorted.length - 1);
    int below = (int) Math.floor(position);
    int above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
