package io.cogaze.preprocess;

import io.cogaze.config.Range;
import io.cogaze.image.IntensitySettings;
import java.io.Serializable;

/**
 * How stored grey values become intensities of 0 to 1; see {@link IntensitySettings}.
 *
 * @param lowPercentile becomes 0 in mode percentile
 * @param highPercentile becomes 1 in mode percentile
 */
public record IntensityOptions(
    IntensitySettings.Mode mode,
    @Range(min = 0, max = 100) double lowPercentile,
    @Range(min = 0, max = 100) double highPercentile,
    IntensitySettings.Inversion inversion)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  public IntensityOptions {
    new IntensitySettings(mode, lowPercentile, highPercentile, inversion);
  }

  IntensitySettings settings() {
    return new IntensitySettings(mode, lowPercentile, highPercentile, inversion);
  }
}
