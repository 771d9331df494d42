package io.cogaze.metric;

import java.util.OptionalDouble;

/** A metric of a sample in which each example is present a number of times. */
@FunctionalInterface
public interface ResampledMetric {
  /**
   * The metric, or empty where it is undefined, for instance because a class is missing.
   *
   * @param weights how often each example is present, in example order; 0 leaves it out
   */
  OptionalDouble value(int[] weights);

  /** The mean of one value per example; undefined when all weights are 0. */
  static ResampledMetric mean(double[] values) {
    Checks.finite("values", values);
    double[] own = values.clone();
    return weights -> {
      Checks.sameLength("weights", weights.length, "values", own.length);
      double sum = 0;
      long n = 0;
      for (int i = 0; i < own.length; i++) {
        sum += weights[i] * own[i];
        n += weights[i];
      }
      return n == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / n);
    };
  }

  /** This metric minus another on the same examples; undefined where either is. */
  default ResampledMetric minus(ResampledMetric other) {
    return weights -> {
      OptionalDouble mine = value(weights);
      OptionalDouble others = other.value(weights);
      return mine.isPresent() && others.isPresent()
          ? OptionalDouble.of(mine.getAsDouble() - others.getAsDouble())
          : OptionalDouble.empty();
    };
  }
}
