package io.cogaze.image;

/**
 * How stored grey values become intensities of 0 to 1.
 *
 * @param lowPercentile percentile that becomes 0 in mode PERCENTILE, 0 to 100
 * @param highPercentile percentile that becomes 1 in mode PERCENTILE, above the low one
 */
public record IntensitySettings(
    Mode mode, double lowPercentile, double highPercentile, Inversion inversion) {

  /** The scale. */
  public enum Mode {
    /** value / largest value; negative values become 0. What the public gaze models were fed. */
    MAX,
    /** Linear between two percentiles of the picture, cut at both. */
    PERCENTILE,
    /** Linear over the file's display window, else over the range that its bits allow. */
    WINDOW
  }

  /** When black and white are exchanged. */
  public enum Inversion {
    /** Never. */
    NONE,
    /** When the file says MONOCHROME1. */
    MONOCHROME1,
    /**
     * When the file says MONOCHROME1, or its Pixel Intensity Relationship Sign is 1 or absent: the
     * rule that readers of MIMIC-CXR files use (Bigolin Lanfredi et al. 2022, brightness script).
     */
    RELATIONSHIP_SIGN
  }

  /** Errors: {@link IllegalArgumentException} if the percentiles are not in order. */
  public IntensitySettings {
    if (!(lowPercentile >= 0 && lowPercentile < highPercentile && highPercentile <= 100)) {
      throw new IllegalArgumentException(
          "The percentiles must satisfy 0 <= low < high <= 100, but low is "
              + lowPercentile
              + " and high is "
              + highPercentile);
    }
  }

  /** Division by the largest value, never inverted: as the published gaze models were trained. */
  public static IntensitySettings faithful() {
    return new IntensitySettings(Mode.MAX, 0, 100, Inversion.NONE);
  }
}
