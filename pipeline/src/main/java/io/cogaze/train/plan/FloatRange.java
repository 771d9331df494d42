package io.cogaze.train.plan;

/**
 * Numbers that networks, which compute in float32, multiply gradients and steps by. Far enough from
 * both ends of float32's range (1e-38 to 3e38) that the product with a gradient of up to 1e8 is
 * neither infinite nor 0.
 */
final class FloatRange {
  private static final double SMALLEST = 1e-30;
  private static final double LARGEST = 1e30;

  private FloatRange() {}

  /** Errors: {@link IllegalArgumentException} that begins with what the number is. */
  static void require(String what, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(what + " must be above 0 but is " + value);
    }
    if (value < SMALLEST || value > LARGEST) {
      throw new IllegalArgumentException(
          what
              + " must be from "
              + SMALLEST
              + " to "
              + LARGEST
              + ", because steps are computed in float32, in which its products would be "
              + (value < SMALLEST ? "0" : "infinite")
              + ", but is "
              + value);
    }
  }
}
