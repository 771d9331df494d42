package io.cogaze.image;

/**
 * A grey picture.
 *
 * @param values shape [height * width], row-major, row 0 at the top; not copied
 */
public record GreyImage(int width, int height, float[] values) {
  /** Errors: {@link IllegalArgumentException} if there is not one value a pixel. */
  public GreyImage {
    if (width < 1 || height < 1 || (long) width * height != values.length) {
      throw new IllegalArgumentException(
          "A picture "
              + width
              + " wide and "
              + height
              + " high cannot have "
              + values.length
              + " values");
    }
  }

  /** A black picture. */
  public static GreyImage black(int width, int height) {
    return new GreyImage(width, height, new float[Math.multiplyExact(width, height)]);
  }

  /** The value of a pixel; x to the right, y down. */
  public float at(int x, int y) {
    return values[y * width + x];
  }

  /** The largest value. */
  public float max() {
    float max = values[0];
    for (float value : values) {
      max = Math.max(max, value);
    }
    return max;
  }

  /** The smallest value. */
  public float min() {
    float min = values[0];
    for (float value : values) {
      min = Math.min(min, value);
    }
    return min;
  }

  /** The sum of the values, in float64. */
  public double sum() {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
