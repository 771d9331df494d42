package io.cogaze.image;

/**
 * A canvas of fixed size onto which images of any size are put, centred, before the whole is made
 * smaller by a whole factor. Smaller images are padded with zeros, larger ones are cropped, each
 * side on its own; where a difference is odd, the left and top parts are rounded down.
 *
 * <p>Source: data preparation of MT-UNet (Zhu et al. 2022), where the canvas is 3200 x 2560 for
 * images up to 3056 x 2544 at factors 5 and 10. Differs from its code in one case: an image larger
 * than the canvas on both sides is cropped at its centre here, not at its top-left corner.
 *
 * @param height rows in pixels of the original size, a multiple of the reduction
 * @param width columns in pixels of the original size, a multiple of the reduction
 * @param reduction whole factor, at least 1
 */
public record Canvas(int height, int width, int reduction) {
  private static final int NETWORK_MULTIPLE = 32;

  /** Errors: {@link IllegalArgumentException} if a side is not a positive multiple. */
  public Canvas {
    if (reduction < 1
        || height < 1
        || width < 1
        || height % reduction != 0
        || width % reduction != 0) {
      throw new IllegalArgumentException(
          "A canvas of "
              + height
              + " rows x "
              + width
              + " columns cannot be reduced by "
              + reduction
              + ": both must be positive multiples of it");
    }
  }

  /**
   * The reference's rule for the canvas that holds images up to a size: each reduced side is the
   * next multiple of 32 above size / reduction, so that a network that halves five times can take
   * it. 3056 x 2544 gives 3200 x 2560 for reductions 5 and 10.
   */
  public static Canvas holding(int largestHeight, int largestWidth, int reduction) {
    if (largestHeight < 1 || largestWidth < 1 || reduction < 1) {
      throw new IllegalArgumentException(
          "There is no canvas for "
              + largestHeight
              + " rows x "
              + largestWidth
              + " columns reduced by "
              + reduction);
    }
    return new Canvas(
        holding(largestHeight, reduction), holding(largestWidth, reduction), reduction);
  }

  private static int holding(int size, int reduction) {
    int multiples = (int) ((double) size / reduction / NETWORK_MULTIPLE) + 1;
    return Math.multiplyExact(multiples * NETWORK_MULTIPLE, reduction);
  }

  /** The canvas whose reduced size is given. */
  public static Canvas ofReduced(int reducedHeight, int reducedWidth, int reduction) {
    return new Canvas(
        Math.multiplyExact(reducedHeight, reduction),
        Math.multiplyExact(reducedWidth, reduction),
        reduction);
  }

  /** Rows after the reduction. */
  public int reducedHeight() {
    return height / reduction;
  }

  /** Columns after the reduction. */
  public int reducedWidth() {
    return width / reduction;
  }

  /** Where an image lies on this canvas. */
  public Placement place(int imageWidth, int imageHeight) {
    return new Placement(
        imageWidth,
        imageHeight,
        Math.floorDiv(width - imageWidth, 2),
        Math.floorDiv(height - imageHeight, 2),
        reduction);
  }

  /** The image on the reduced canvas. */
  public GreyImage reduce(GreyImage image, Reduction how) {
    return how == Reduction.AREA
        ? boxes(image, 1.0 / ((double) reduction * reduction))
        : stride(image);
  }

  /**
   * The image on the reduced canvas with the sum of each box instead of its mean: for maps whose
   * values are amounts. The total is kept except for what is cropped.
   */
  public GreyImage reduceSum(GreyImage image) {
    return boxes(image, 1);
  }

  /** The mask on the reduced canvas: inside where at least half of the box is, or its corner. */
  public BitMask reduce(BitMask mask, Reduction how) {
    Placement place = place(mask.width(), mask.height());
    if (how == Reduction.STRIDE) {
      return BitMask.of(
          reducedWidth(),
          reducedHeight(),
          (x, y) -> {
            int imageX = x * reduction - place.offsetX();
            int imageY = y * reduction - place.offsetY();
            return imageX >= 0
                && imageY >= 0
                && imageX < mask.width()
                && imageY < mask.height()
                && mask.at(imageX, imageY);
          });
    }
    int[] counts = new int[reducedHeight() * reducedWidth()];
    int fromY = Math.max(0, -place.offsetY());
    int toY = Math.min(mask.height(), height - place.offsetY());
    int fromX = Math.max(0, -place.offsetX());
    int toX = Math.min(mask.width(), width - place.offsetX());
    for (int y = fromY; y < toY; y++) {
      int row = (y + place.offsetY()) / reduction * reducedWidth();
      for (int x = fromX; x < toX; x++) {
        if (mask.at(x, y)) {
          counts[row + (x + place.offsetX()) / reduction]++;
        }
      }
    }
    long half = (long) reduction * reduction;
    return BitMask.of(
        reducedWidth(), reducedHeight(), (x, y) -> 2L * counts[y * reducedWidth() + x] >= half);
  }

  private GreyImage stride(GreyImage image) {
    Placement place = place(image.width(), image.height());
    GreyImage reduced = GreyImage.black(reducedWidth(), reducedHeight());
    for (int y = 0; y < reduced.height(); y++) {
      int imageY = y * reduction - place.offsetY();
      if (imageY < 0 || imageY >= image.height()) {
        continue;
      }
      for (int x = 0; x < reduced.width(); x++) {
        int imageX = x * reduction - place.offsetX();
        if (imageX >= 0 && imageX < image.width()) {
          reduced.values()[y * reduced.width() + x] = image.at(imageX, imageY);
        }
      }
    }
    return reduced;
  }

  /** The sum of each box times a factor, in float64. */
  private GreyImage boxes(GreyImage image, double factor) {
    Placement place = place(image.width(), image.height());
    int outWidth = reducedWidth();
    GreyImage reduced = GreyImage.black(outWidth, reducedHeight());
    double[] sums = new double[outWidth];
    int fromX = Math.max(0, -place.offsetX());
    int toX = Math.min(image.width(), width - place.offsetX());
    for (int outY = 0; outY < reduced.height(); outY++) {
      int fromY = Math.max(0, outY * reduction - place.offsetY());
      int toY = Math.min(image.height(), (outY + 1) * reduction - place.offsetY());
      if (fromY >= toY) {
        continue;
      }
      for (int y = fromY; y < toY; y++) {
        addRow(image, y, fromX, toX, place.offsetX(), sums);
      }
      for (int x = 0; x < outWidth; x++) {
        reduced.values()[outY * outWidth + x] = (float) (sums[x] * factor);
        sums[x] = 0;
      }
    }
    return reduced;
  }

  private void addRow(GreyImage image, int y, int fromX, int toX, int offsetX, double[] sums) {
    float[] values = image.values();
    int row = y * image.width();
    int x = fromX;
    while (x < toX) {
      int out = (x + offsetX) / reduction;
      int end = Math.min(toX, (out + 1) * reduction - offsetX);
      double sum = 0;
      for (; x < end; x++) {
        sum += values[row + x];
      }
      sums[out] += sum;
    }
  }
}
