package io.cogaze.nn.kernel;

/**
 * Mean and variance of a batch over N, H and W, per channel.
 *
 * @param mean [C]
 * @param variance [C], divided by the count
 * @param inverseDeviation [C], 1 / sqrt(variance + epsilon)
 * @param count N * H * W
 */
public record BatchStatistics(
    double[] mean, double[] variance, double[] inverseDeviation, long count) {
  /** The factor from the variance to the unbiased variance; 1 for a single value. */
  public double unbiased() {
    return count > 1 ? (double) count / (count - 1) : 1;
  }
}
