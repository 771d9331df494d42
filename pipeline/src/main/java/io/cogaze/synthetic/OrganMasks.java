package io.cogaze.synthetic;

import io.cogaze.image.BitMask;

/** The organ masks of a phantom, at the picture's resolution; left is the patient's left. */
final class OrganMasks {
  private final Frame frame;
  private final Anatomy anatomy;

  OrganMasks(Frame frame, Anatomy anatomy) {
    this.frame = frame;
    this.anatomy = anatomy;
  }

  BitMask leftLung() {
    return of((u, v) -> u > 0 && lung(u, v));
  }

  BitMask rightLung() {
    return of((u, v) -> u < 0 && lung(u, v));
  }

  /** Heart and great vessels between the lungs, from the lungs' tops to the diaphragm. */
  BitMask mediastinum() {
    return of(
        (u, v) ->
            v > anatomy.lungTop()
                && v < anatomy.dome(u)
                && (Math.abs(u) <= anatomy.inner(v) || anatomy.heart(u, v) <= 1));
  }

  BitMask aorticKnob() {
    return of(
        (u, v) -> {
          double du = u - Anatomy.AORTA_U;
          double dv = v - Anatomy.AORTA_V;
          return du * du + dv * dv <= anatomy.aortaRadius() * anatomy.aortaRadius();
        });
  }

  private boolean lung(double u, double v) {
    double a = Math.abs(u);
    return a < anatomy.outer(v)
        && a > anatomy.inner(v)
        && v < anatomy.dome(u)
        && anatomy.heart(u, v) > 1;
  }

  private interface Organ {
    boolean holds(double u, double v);
  }

  private BitMask of(Organ organ) {
    return BitMask.of(
        frame.width(),
        frame.height(),
        (x, y) -> organ.holds(frame.u(x + 0.5, y + 0.5), frame.v(x + 0.5, y + 0.5)));
  }
}
