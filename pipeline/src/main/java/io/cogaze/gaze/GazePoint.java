package io.cogaze.gaze;

/**
 * A point of gaze and its weight: 1 for one of many samples taken at an even rate, the duration for
 * a fixation.
 *
 * @param x to the right, in pixels of the target map; pixel i covers i up to, not including, i + 1
 * @param y down, likewise
 * @param weight not negative
 */
public record GazePoint(double x, double y, double weight) {
  /** Errors: {@link IllegalArgumentException} if a number is not finite or the weight negative. */
  public GazePoint {
    if (!Double.isFinite(x) || !Double.isFinite(y) || !(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          "A gaze point needs finite coordinates and a weight of at least 0, but is x = "
              + x
              + ", y = "
              + y
              + ", weight = "
              + weight);
    }
  }
}
