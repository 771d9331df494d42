package io.cogaze.preprocess;

import io.cogaze.config.Positive;
import io.cogaze.config.Range;
import io.cogaze.gaze.GaussianKernel;
import java.io.Serializable;

/**
 * How gaze becomes a map.
 *
 * @param source what is counted
 * @param sigmaPx standard deviation of the blur, pixels of a full-size image
 * @param radiusPx where the blur is cut off, pixels of a full-size image
 */
public record GazeSettings(
    Source source, @Positive double sigmaPx, @Range(min = 0, max = 100_000) int radiusPx)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What is counted. */
  public enum Source {
    /** Every valid raw sample counts 1; samples come at an even rate, so this is dwell time. */
    RAW,
    /** Every fixation counts its duration. */
    FIXATIONS
  }

  /** The blur on the output canvas. */
  GaussianKernel kernel(CanvasSettings canvas) {
    return new GaussianKernel(sigmaPx, radiusPx).reducedBy(canvas.nativeReduction());
  }
}
