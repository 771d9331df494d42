package io.cogaze.image;

/**
 * Global statistics of a picture that a classifier without any notion of shape can use: the mean,
 * the standard deviation, a histogram of 16 equal bins over 0 to 1, and an 8 x 8 thumbnail of area
 * means. The floor that a network has to beat: what logistic regression reaches on them is owed to
 * brightness and layout, not to signs of disease.
 */
public final class SimpleFeatures {
  /** Bins of the histogram. */
  public static final int BINS = 16;

  /** Rows and columns of the thumbnail. */
  public static final int THUMBNAIL = 8;

  /** Number of features: 2 + 16 + 64 = 82. */
  public static final int COUNT = 2 + BINS + THUMBNAIL * THUMBNAIL;

  private SimpleFeatures() {}

  /**
   * The features of a picture of values 0 to 1 (others count in the first or last bin).
   *
   * @return [82]: mean, population standard deviation, 16 shares that sum to 1, 64 area means
   *     row-major
   *     <p>Errors: {@link IllegalArgumentException} if a side is shorter than 8 pixels.
   */
  public static double[] of(GreyImage image) {
    if (image.width() < THUMBNAIL || image.height() < THUMBNAIL) {
      throw new IllegalArgumentException(
          "Cannot make an 8 x 8 thumbnail of a picture of "
              + image.width()
              + " x "
              + image.height()
              + " pixels");
    }
    double[] features = new double[COUNT];
    double sum = 0;
    double squares = 0;
    for (float value : image.values()) {
      sum += value;
      squares += (double) value * value;
      int bin = (int) (value * BINS);
      features[2 + Math.min(BINS - 1, Math.max(0, bin))]++;
    }
    int count = image.values().length;
    double mean = sum / count;
    features[0] = mean;
    features[1] = Math.sqrt(Math.max(0, squares / count - mean * mean));
    for (int bin = 0; bin < BINS; bin++) {
      features[2 + bin] /= count;
    }
    for (int row = 0; row < THUMBNAIL; row++) {
      for (int column = 0; column < THUMBNAIL; column++) {
        features[2 + BINS + row * THUMBNAIL + column] = cell(image, row, column);
      }
    }
    return features;
  }

  private static double cell(GreyImage image, int row, int column) {
    int y0 = (int) ((long) row * image.height() / THUMBNAIL);
    int y1 = (int) ((row + 1L) * image.height() / THUMBNAIL);
    int x0 = (int) ((long) column * image.width() / THUMBNAIL);
    int x1 = (int) ((column + 1L) * image.width() / THUMBNAIL);
    double sum = 0;
    for (int y = y0; y < y1; y++) {
      for (int x = x0; x < x1; x++) {
        sum += image.at(x, y);
      }
    }
    return sum / ((double) (y1 - y0) * (x1 - x0));
  }
}
