package io.cogaze.image;

/**
 * Where an image lies on a canvas: reduced = (original + offset) / reduction.
 *
 * @param offsetX pixels of the original size left of the image, negative where the canvas crops it
 * @param offsetY likewise above the image
 * @param reduction whole factor by which the canvas is made smaller
 */
public record Placement(int imageWidth, int imageHeight, int offsetX, int offsetY, int reduction) {

  /** The position on the reduced canvas, in reduced pixels, of a position on the image. */
  public double toCanvasX(double x) {
    return (x + offsetX) / reduction;
  }

  /** The position on the reduced canvas, in reduced pixels, of a position on the image. */
  public double toCanvasY(double y) {
    return (y + offsetY) / reduction;
  }

  /** The position on the image, in original pixels, of a position on the reduced canvas. */
  public double toImageX(double x) {
    return x * reduction - offsetX;
  }

  /** The position on the image, in original pixels, of a position on the reduced canvas. */
  public double toImageY(double y) {
    return y * reduction - offsetY;
  }

  /** Whether the canvas cuts something of the image off. */
  public boolean crops() {
    return offsetX < 0 || offsetY < 0;
  }
}
