package io.cogaze.synthetic;

/**
 * A place that a reader looks at, in anatomical coordinates.
 *
 * @param radius how far from (u, v) a look at it may land, in half chest widths
 * @param weight share of the dwell time among the targets of its kind
 */
record Target(Kind kind, double u, double v, double radius, double weight) {
  enum Kind {
    /** A station of the habitual round, in its order. */
    STATION,
    /** A sign of the disease. */
    SIGN,
    /** Harmless, but it catches the eye. */
    DISTRACTOR
  }
}
