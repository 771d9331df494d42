package io.cogaze.nn.layer;

/** The form of the activations that a layer takes. */
public enum Takes {
  /** [N,C,H,W]. */
  MAPS("[N,C,H,W]"),
  /** [N,C]. */
  VECTORS("[N,C]"),
  /** [N,C,H,W] or [N,C]. */
  BOTH("[N,C,H,W] or [N,C]");

  private final String form;

  Takes(String form) {
    this.form = form;
  }

  /** Whether arrays of a rank are of this form: 2 for vectors, more for maps in any layout. */
  boolean fits(int rank) {
    return rank == 2 ? this != MAPS : this != VECTORS;
  }

  @Override
  public String toString() {
    return form;
  }
}
