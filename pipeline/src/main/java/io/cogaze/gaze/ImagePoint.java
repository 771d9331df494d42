package io.cogaze.gaze;

/**
 * A pixel of the original image, x to the right, y down; negative where the gaze left the image.
 */
public record ImagePoint(int x, int y) {
  /** Whether the gaze was on the image. Any negative coordinate means that it was not. */
  public boolean onImage() {
    return x >= 0 && y >= 0;
  }
}
