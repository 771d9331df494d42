package io.cogaze.gaze;

/**
 * The way from screen to image pixels that the EGD-CXR data set uses (Karargyris et al. 2021, data
 * set version 1.0.0, its published mapping scripts), reproduced with its quirks so that X_ORIGINAL
 * and Y_ORIGINAL come out equal:
 *
 * <ul>
 *   <li>the image's sides are rounded up to even numbers;
 *   <li>the stimulus was padded to 1920 x 1024, but the pads are subtracted from 1920 x 1080;
 *   <li>a point on the border of the picture is outside (strict comparison);
 *   <li>a point outside becomes (-1,-1) before scaling, so it maps to negative numbers that depend
 *       on the scale, for instance -2; on an image so small that this would truncate to pixel 0
 *       (the data set has none), they stay -1.
 * </ul>
 *
 * <p>Coordinates are truncated toward zero.
 */
public final class ScreenMapping {
  /** Screen width in pixels. */
  public static final int SCREEN_WIDTH = 1920;

  /** Screen height in pixels. */
  public static final int SCREEN_HEIGHT = 1080;

  private final Pads pads;
  private final double scaleX;
  private final double scaleY;

  /** Borders of the stimulus in screen pixels, in the data set's order. */
  public record Pads(int top, int bottom, int left, int right) {}

  /**
   * @param imageWidth columns of the DICOM image
   * @param imageHeight rows of the DICOM image
   *     <p>Errors: {@link IllegalArgumentException} if a size is not positive, a pad is negative or
   *     the pads leave nothing of the screen.
   */
  public ScreenMapping(int imageWidth, int imageHeight, Pads pads) {
    if (imageWidth < 1 || imageHeight < 1) {
      throw new IllegalArgumentException(
          "The image must have pixels, but is " + imageWidth + " x " + imageHeight);
    }
    long shownWidth = SCREEN_WIDTH - (long) pads.left() - pads.right();
    long shownHeight = SCREEN_HEIGHT - (long) pads.top() - pads.bottom();
    if (pads.top() < 0
        || pads.bottom() < 0
        || pads.left() < 0
        || pads.right() < 0
        || shownWidth < 1
        || shownHeight < 1) {
      throw new IllegalArgumentException(
          "The pads top "
              + pads.top()
              + ", bottom "
              + pads.bottom()
              + ", left "
              + pads.left()
              + ", right "
              + pads.right()
              + " leave no picture on a screen of "
              + SCREEN_WIDTH
              + " x "
              + SCREEN_HEIGHT);
    }
    this.pads = pads;
    this.scaleX = (double) evenAtLeast(imageWidth) / shownWidth;
    this.scaleY = (double) evenAtLeast(imageHeight) / shownHeight;
  }

  /**
   * The pads of the stimulus that the data set's authors would make of an image: scaled so that its
   * longer side is 1024, centred on 1920 x 1024; the left or top pad is the smaller one if they
   * differ.
   */
  public static Pads padsFor(int imageWidth, int imageHeight) {
    int width = evenAtLeast(imageWidth);
    int height = evenAtLeast(imageHeight);
    double scale = 1024.0 / Math.max(width, height);
    int shownWidth = (int) (width * scale);
    int shownHeight = (int) (height * scale);
    int left = (SCREEN_WIDTH - shownWidth) / 2;
    int top = (1024 - shownHeight) / 2;
    return new Pads(top, 1024 - shownHeight - top, left, SCREEN_WIDTH - shownWidth - left);
  }

  /** The image pixel of a screen point, negative where the point is off the picture. */
  public ImagePoint toImage(ScreenPoint point) {
    double eyeX = point.x() * SCREEN_WIDTH;
    double eyeY = point.y() * SCREEN_HEIGHT;
    boolean inside =
        pads.left() < eyeX
            && eyeX < SCREEN_WIDTH - pads.right()
            && pads.top() < eyeY
            && eyeY < SCREEN_HEIGHT - pads.bottom();
    if (!inside) {
      return new ImagePoint(Math.min(-1, (int) -scaleX), Math.min(-1, (int) -scaleY));
    }
    return new ImagePoint(
        (int) (scaleX * (eyeX - pads.left())), (int) (scaleY * (eyeY - pads.top())));
  }

  /** The screen point of a position in image pixels; {@link #toImage} is its inverse. */
  public ScreenPoint toScreen(double imageX, double imageY) {
    return new ScreenPoint(
        (imageX / scaleX + pads.left()) / SCREEN_WIDTH,
        (imageY / scaleY + pads.top()) / SCREEN_HEIGHT);
  }

  private static int evenAtLeast(int size) {
    return size + (size & 1);
  }
}
