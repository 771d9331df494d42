package io.cogaze.inference;

import io.cogaze.metric.MapPoint;
import io.cogaze.metric.SaliencyMetrics;
import java.io.Serializable;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How a map agrees with one reader's gaze; see {@link SaliencyMetrics} for the definitions.
 *
 * @param nssOrNaN NaN when no fixation is known on the canvas
 */
public record MapScores(double kl, double cc, double sim, double hs, double nssOrNaN)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Scores a map against a gaze map and the fixations, in pixels of the maps. */
  static MapScores of(float[] map, float[] gaze, int height, int width, List<MapPoint> fixations) {
    return new MapScores(
        SaliencyMetrics.kl(map, gaze),
        SaliencyMetrics.cc(map, gaze),
        SaliencyMetrics.sim(map, gaze),
        SaliencyMetrics.hs(map, gaze),
        SaliencyMetrics.nss(map, height, width, fixations).orElse(Double.NaN));
  }

  /** Empty when no fixation is known on the canvas. */
  public OptionalDouble nss() {
    return Double.isNaN(nssOrNaN) ? OptionalDouble.empty() : OptionalDouble.of(nssOrNaN);
  }
}
