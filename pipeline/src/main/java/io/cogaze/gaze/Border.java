package io.cogaze.gaze;

/** What lies beyond the border of a map when it is blurred. */
public enum Border {
  /** Mirrored about the centre of the border pixel, d c b | a b c d: OpenCV's default. */
  REFLECT_101,
  /** Mirrored about the edge of the border pixel, c b a | a b c d: SciPy's default. */
  REFLECT;

  /** Distance after which the mirrored line repeats. */
  int period(int size) {
    return this == REFLECT_101 ? Math.max(1, 2 * (size - 1)) : 2 * size;
  }

  /** Where the mirror image of a position of the line lies within the period. */
  int mirror(int position) {
    return this == REFLECT_101 ? -position : -1 - position;
  }
}
