package io.cogaze.metric;

/** Argument checks whose messages name what is wrong and where. */
final class Checks {
  private Checks() {}

  static void finite(String what, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "Expected finite values in " + what + ", found " + values[i] + " at index " + i);
      }
    }
  }

  static void sameLength(String what, int length, String other, int otherLength) {
    if (length != otherLength) {
      throw new IllegalArgumentException(
          what + " has " + length + " values, but " + other + " has " + otherLength);
    }
  }

  static void notEmpty(String what, int length) {
    if (length == 0) {
      throw new IllegalArgumentException("Expected at least one value in " + what + ", found none");
    }
  }
}
