package io.cogaze.jobs.bench;

import java.util.List;
import java.util.Locale;

/** Mean, smallest and largest of some values. */
record Spread(double mean, double smallest, double largest) {
  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("There are no values");
    }
    double sum = 0;
    double smallest = Double.POSITIVE_INFINITY;
    double largest = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      sum += value;
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    return new Spread(sum / values.size(), smallest, largest);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.3f (%.3f - %.3f)", mean, smallest, largest);
  }
}
