package io.cogaze.image;

/**
 * What a picture gives away without any look at anatomy: mean, population deviation, a histogram of
 * 16 equal bins over [0,1] as shares, and a thumbnail of 8 x 8 area means. The baseline that a
 * trained network must beat is a linear classifier on these.
 */
public final class SimpleFeatures {
  /** Bins of the histogram. */
  public static final int BINS = 16;

  /** Rows and columns of the thumbnail. */
  public static final int THUMBNAIL = 8;

  /** Number of features: 2 + 16 + 64. */
  public static final int LENGTH = 2 + BINS + THUMBNAIL * THUMBNAIL;

  private SimpleFeatures() {}

  /**
   * The features of a picture, in the order mean, deviation, histogram, thumbnail (row-major).
   *
   * @param values grey values, normally in [0,1]; those outside count in the outermost bins; shape
   *     [height * width], row-major
   * @throws IllegalArgumentException for another length, fewer than 8 rows or columns, or NaN
   */
  public static float[] of(float[] values, int height, int width) {
    if (values.length != height * width || height < THUMBNAIL || width < THUMBNAIL) {
      throw new IllegalArgumentException(
          "Expected a picture of at least 8 x 8 values, found "
              + values.length
              + " values for "
              + height
              + " x "
              + width);
    }
    double sum = 0;
    double[] histogram = new double[BINS];
    double[] cells = new double[THUMBNAIL * THUMBNAIL];
    int[] cellSizes = new int[THUMBNAIL * THUMBNAIL];
    for (int i = 0; i < values.length; i++) {
      if (Float.isNaN(values[i])) {
        throw new IllegalArgumentException("Expected grey values, found NaN at index " + i);
      }
      sum += values[i];
      histogram[Math.max(0, Math.min(BINS - 1, (int) (values[i] * BINS)))]++;
      int cell = (i / width) * THUMBNAIL / height * THUMBNAIL + (i % width) * THUMBNAIL / width;
      cells[cell] += values[i];
      cellSizes[cell]++;
    }
    double mean = sum / values.length;
    double squares = 0;
    for (float value : values) {
      squares += (value - mean) * (value - mean);
    }
    float[] features = new float[LENGTH];
    features[0] = (float) mean;
    features[1] = (float) Math.sqrt(squares / values.length);
    for (int b = 0; b < BINS; b++) {
      features[2 + b] = (float) (histogram[b] / values.length);
    }
    for (int c = 0; c < cells.length; c++) {
      features[2 + BINS + c] = (float) (cells[c] / cellSizes[c]);
    }
    return features;
  }
}
