package io.cogaze.preprocess;

import io.cogaze.config.Positive;
import io.cogaze.image.Canvas;
import io.cogaze.image.Reduction;
import java.io.Serializable;

/**
 * The canvas that every image is put on.
 *
 * <p>Images of native size lie centred on a canvas of native-height-px x native-width-px, which is
 * reduced to output-height-px x output-width-px. Data made at another size than native say so with
 * scale: the canvas is then scale times as large, so that the same picture covers the same part of
 * the output. The reduction is native * scale / output; it may be a fraction with a denominator up
 * to {@value #MOST_REPEATS}.
 *
 * @param nativeHeightPx rows of the canvas in pixels of a full-size image
 * @param nativeWidthPx columns, the same
 * @param scale size of the data's images divided by the full size; 1 for real data
 * @param outputHeightPx rows of the shards' images
 * @param outputWidthPx columns of the shards' images
 * @param method how boxes of pixels become one
 */
public record CanvasSettings(
    @Positive int nativeHeightPx,
    @Positive int nativeWidthPx,
    @Positive double scale,
    @Positive int outputHeightPx,
    @Positive int outputWidthPx,
    Reduction method)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int MOST_REPEATS = 16;
  private static final double TOLERANCE = 1e-6;

  public CanvasSettings {
    double rows = nativeHeightPx * scale / outputHeightPx;
    double columns = nativeWidthPx * scale / outputWidthPx;
    if (Math.abs(rows - columns) > TOLERANCE * rows) {
      throw new IllegalArgumentException(
          ("native %d x %d and output %d x %d (height x width) have different aspect ratios: the"
                  + " reduction would be %s in height and %s in width; make them equal")
              .formatted(
                  nativeHeightPx, nativeWidthPx, outputHeightPx, outputWidthPx, rows, columns));
    }
    if (repeats(rows) == 0) {
      throw new IllegalArgumentException(
          ("native-height-px %d * scale %s / output-height-px %d gives the reduction %s, which is no"
                  + " fraction with a denominator up to %d; choose another scale or output size")
              .formatted(nativeHeightPx, scale, outputHeightPx, rows, MOST_REPEATS));
    }
  }

  /** Pixels of the image per pixel of the output; at least 1 / {@value #MOST_REPEATS}. */
  public double reduction() {
    return nativeHeightPx * scale / outputHeightPx;
  }

  /** Full-size pixels per pixel of the output: what lengths in full-size pixels are divided by. */
  public double nativeReduction() {
    return (double) nativeHeightPx / outputHeightPx;
  }

  /**
   * How often each pixel is repeated, in both directions, before the reduction by a whole factor.
   * Repeating by q and averaging boxes of p is area averaging by p / q.
   */
  int repeats() {
    return repeats(reduction());
  }

  /** The canvas of the repeated image. */
  Canvas canvas() {
    return Canvas.ofReduced(
        outputHeightPx, outputWidthPx, (int) Math.round(reduction() * repeats()));
  }

  private static int repeats(double reduction) {
    for (int q = 1; q <= MOST_REPEATS; q++) {
      double p = reduction * q;
      if (Math.round(p) >= 1 && Math.abs(p - Math.round(p)) <= TOLERANCE * p) {
        return q;
      }
    }
    return 0;
  }
}
