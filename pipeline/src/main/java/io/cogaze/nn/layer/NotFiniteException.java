package io.cogaze.nn.layer;

/** A layer met NaN or infinity; the message names the layer, and where they are. */
public final class NotFiniteException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NotFiniteException(String message) {
    super(message);
  }
}
