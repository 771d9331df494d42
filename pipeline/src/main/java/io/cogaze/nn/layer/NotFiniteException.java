package io.cogaze.nn.layer;

/** A layer met NaN or infinity in its input; the message names the layer. */
public final class NotFiniteException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String layer, String what) {
    super(
        "Layer "
            + layer
            + " takes finite numbers, "
            + what
            + " holds NaN or infinity: the images hold it, or training diverged (lower the learning"
            + " rate)");
  }
}
