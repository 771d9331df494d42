package io.cogaze.nn.loss;

import java.util.OptionalDouble;

/**
 * How much an output's loss counts in the sum that is trained. Fixed: factor * loss. Learned:
 * factor * loss / sigma^2 + ln(sigma + 1), so that an output whose loss stays large counts less;
 * the second term keeps sigma from growing, and is never negative. That is the weight of MT-UNet's
 * public code (Zhu, Rohling, Salcudean, arXiv 2202.07118), after Kendall, Gal and Cipolla (CVPR
 * 2018, arXiv 1705.07115), who have ln(sigma).
 *
 * @param factor that the recipe gives, >= 0
 * @param logSigma ln(sigma) where it is learned, otherwise empty
 */
public record LossWeight(double factor, OptionalDouble logSigma) {

  /** What a loss of an example, or the mean loss of some, adds to the sum. */
  public double weighted(double loss) {
    return logSigma.isPresent() ? slope() * loss + softplus(logSigma.getAsDouble()) : factor * loss;
  }

  /** The derivative of {@link #weighted} by the loss: the weight proper. */
  public double slope() {
    return logSigma.isPresent() ? factor * Math.exp(-2 * logSigma.getAsDouble()) : factor;
  }

  /** The derivative of {@link #weighted} by ln(sigma); 0 where nothing is learned. */
  public double slopeOfLogSigma(double loss) {
    return logSigma.isPresent()
        ? -2 * slope() * loss + 1 / (1 + Math.exp(-logSigma.getAsDouble()))
        : 0;
  }

  /** Sigma, where it is learned. */
  public OptionalDouble sigma() {
    return logSigma.isPresent()
        ? OptionalDouble.of(Math.exp(logSigma.getAsDouble()))
        : OptionalDouble.empty();
  }

  /** ln(e^s + 1), which does not overflow. */
  private static double softplus(double s) {
    return Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)));
  }
}
