package io.cogaze.report;

/**
 * What the report shows.
 *
 * @param examplesPerClass right and, separately, wrong examples shown of each true class; 0 for
 *     none
 * @param imageMaxPx longest side of an embedded picture, pixels; larger ones are reduced
 */
public record ReportSettings(int examplesPerClass, int imageMaxPx) {
  /** Errors: {@link IllegalArgumentException} for a value out of range. */
  public ReportSettings {
    if (examplesPerClass < 0 || examplesPerClass > 50) {
      throw new IllegalArgumentException(
          "examples-per-class must be from 0 to 50 but is " + examplesPerClass);
    }
    if (imageMaxPx < 16 || imageMaxPx > 2048) {
      throw new IllegalArgumentException(
          "image-max-px must be from 16 to 2048 but is " + imageMaxPx);
    }
  }
}
