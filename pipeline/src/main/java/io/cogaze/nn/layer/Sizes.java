package io.cogaze.nn.layer;

import java.util.List;

/** The bounds of what a layer's settings may ask for: beyond them native code ends the process. */
final class Sizes {
  /** Values of a layer's parameters, or of one example's map: what an int can count. */
  static final long MOST_VALUES = Integer.MAX_VALUE;

  /** Rows or columns of a window, its stride or its padding. */
  static final long LONGEST_WINDOW = 1 << 20;

  private Sizes() {}

  /** Errors: IllegalArgumentException when a layer would have fewer than one of something. */
  static int positive(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, got " + number);
    }
    return number;
  }

  /**
   * The number of values of a map [C,H,W]. Errors: IllegalArgumentException that names the layer,
   * when they are more than {@link #MOST_VALUES}.
   */
  static long map(String layer, long channels, long height, long width) {
    double values = (double) channels * height * width;
    if (values > MOST_VALUES) {
      throw new IllegalArgumentException(
          "Layer "
              + layer
              + " would make maps of "
              + channels
              + " x "
              + height
              + " x "
              + width
              + " values for each example, a map can have "
              + MOST_VALUES);
    }
    return channels * height * width;
  }

  /**
   * The number of values of all parameters of a layer. Errors: IllegalArgumentException that names
   * the layer, when they are more than {@link #MOST_VALUES}.
   */
  static long parameters(String layer, List<ParameterSpec> specs) {
    long sum = 0;
    for (ParameterSpec spec : specs) {
      double values =
          spec.shape().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
      if (sum + values > MOST_VALUES) {
        throw new IllegalArgumentException(
            "Layer "
                + layer
                + " would have more than "
                + MOST_VALUES
                + " parameters, with its "
                + spec.canonical()
                + " of shape "
                + spec.shape());
      }
      sum += spec.size();
    }
    return sum;
  }
}
