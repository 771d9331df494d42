package io.cogaze.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * A reliability diagram and its expected calibration error: the mean, weighted by the number of
 * examples, of |accuracy - mean confidence| over equal-width bins (Guo et al., ICML 2017).
 *
 * @param bins the non-empty bins, in ascending order of confidence
 * @param expectedError in [0,1]; 0 without examples
 */
public record Calibration(List<Bin> bins, double expectedError) {
  /** One bin of confidence, (low, high]; the first bin also holds 0. */
  public record Bin(double low, double high, long count, double meanConfidence, double accuracy) {}

  /**
   * Bins confidences.
   *
   * @param confidence probability of the predicted class, in [0,1]
   * @param right whether that class was the true one
   * @throws IllegalArgumentException naming the index of a confidence outside [0,1]
   */
  public static Calibration of(double[] confidence, boolean[] right, int bins) {
    Checks.sameLength("confidence", confidence.length, "right", right.length);
    if (bins < 1) {
      throw new IllegalArgumentException("Expected at least 1 bin, found " + bins);
    }
    long[] count = new long[bins];
    long[] hits = new long[bins];
    double[] sum = new double[bins];
    for (int i = 0; i < confidence.length; i++) {
      double c = confidence[i];
      // Softmax in float32 may exceed 1 by a rounding.
      if (!(c >= 0 && c <= 1 + 1e-5)) {
        throw new IllegalArgumentException(
            "Expected confidences from 0 to 1, found " + c + " at index " + i);
      }
      int bin = Math.min(bins - 1, Math.max(0, (int) Math.ceil(c * bins) - 1));
      count[bin]++;
      hits[bin] += right[i] ? 1 : 0;
      sum[bin] += c;
    }
    List<Bin> filled = new ArrayList<>();
    double error = 0;
    for (int b = 0; b < bins; b++) {
      if (count[b] > 0) {
        double mean = sum[b] / count[b];
        double accuracy = (double) hits[b] / count[b];
        filled.add(new Bin((double) b / bins, (b + 1.0) / bins, count[b], mean, accuracy));
        error += Math.abs(accuracy - mean) * count[b] / confidence.length;
      }
    }
    return new Calibration(List.copyOf(filled), error);
  }
}
