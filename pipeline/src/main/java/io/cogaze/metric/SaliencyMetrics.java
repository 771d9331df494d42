package io.cogaze.metric;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Agreement of a predicted saliency map p with a gaze map g, per image, over all pixels of the
 * canvas, padding included.
 *
 * <p>Shapes: both float[height * width], row-major. Values are finite and not negative, and each
 * map has a positive sum; both are divided by their own float64 sum first, so no metric depends on
 * a map's scale. Sources: Bylinskii et al., "What do different evaluation metrics tell us about
 * saliency models?" (IEEE TPAMI 2019) for CC, SIM, NSS; the histogram similarity (HS) and the KL
 * without epsilon as in the public code of the MT-UNet and cooperative networks.
 *
 * <p>Errors: {@link IllegalArgumentException} naming the index of a NaN, infinite or negative
 * value, or that a map's sum is 0.
 */
public final class SaliencyMetrics {
  /**
   * What a predicted probability of exactly 0 counts as in {@link #kl}: the smallest positive
   * float32, 1.4e-45, whose logarithm is -103.28. A float32 softmax gives 0 for anything smaller,
   * so 0 stands for "less than this", and the KL divergence stays finite. No other value is
   * touched.
   */
  public static final double UNDERFLOW = Float.MIN_VALUE;

  private SaliencyMetrics() {}

  /**
   * Kullback-Leibler divergence, in nats: the sum of g (ln g - ln p), 0 where g = 0, no epsilon; p
   * = 0 counts as {@link #UNDERFLOW}. 0 means equal maps; a uniform p scores ln(pixels) - H(g).
   */
  public static double kl(float[] p, float[] g) {
    double[] predicted = normalised("predicted map", p);
    double[] target = normalised("gaze map", g);
    Checks.sameLength("predicted map", p.length, "gaze map", g.length);
    double sum = 0;
    for (int i = 0; i < target.length; i++) {
      if (target[i] > 0) {
        double q = predicted[i] > 0 ? predicted[i] : UNDERFLOW;
        sum += target[i] * (Math.log(target[i]) - Math.log(q));
      }
    }
    // Rounding may leave a hair below 0 for equal maps.
    return Math.max(0, sum);
  }

  /** Pearson's correlation coefficient over pixels, in [-1,1]; 0 when either map is constant. */
  public static double cc(float[] p, float[] g) {
    double[] predicted = normalised("predicted map", p);
    double[] target = normalised("gaze map", g);
    Checks.sameLength("predicted map", p.length, "gaze map", g.length);
    if (isConstant(p) || isConstant(g)) {
      return 0;
    }
    double meanP = Distribution.mean(predicted);
    double meanG = Distribution.mean(target);
    double pg = 0;
    double pp = 0;
    double gg = 0;
    for (int i = 0; i < target.length; i++) {
      double dp = predicted[i] - meanP;
      double dg = target[i] - meanG;
      pg += dp * dg;
      pp += dp * dp;
      gg += dg * dg;
    }
    return Math.max(-1, Math.min(1, pg / Math.sqrt(pp * gg)));
  }

  /**
   * Similarity, in [0,1]: each map is shifted and scaled to [0,1], then divided by its sum; SIM is
   * the sum of the pixelwise minima. A constant map counts as uniform. Not {@link #hs}, which
   * leaves out the first step.
   */
  public static double sim(float[] p, float[] g) {
    return intersection(minMax(normalised("predicted map", p)), minMax(normalised("gaze map", g)));
  }

  /** Histogram similarity, in [0,1]: the sum of the pixelwise minima of the two maps. */
  public static double hs(float[] p, float[] g) {
    return intersection(normalised("predicted map", p), normalised("gaze map", g));
  }

  /**
   * Normalised scanpath saliency: the mean over fixations of the predicted map in units of its
   * population standard deviation from its mean; 0 for a constant map; chance is 0. A fixation
   * takes the pixel it falls in; those outside the canvas are left out.
   *
   * @param fixations in canvas pixels, (0,0) the top-left corner of the top-left pixel
   * @return empty when no fixation is on the canvas
   */
  public static OptionalDouble nss(float[] p, int height, int width, List<MapPoint> fixations) {
    Checks.sameLength("predicted map", p.length, "height x width", height * width);
    double[] predicted = normalised("predicted map", p);
    double mean = Distribution.mean(predicted);
    double std = isConstant(p) ? 0 : Distribution.populationStd(predicted);
    double sum = 0;
    int n = 0;
    for (int i = 0; i < fixations.size(); i++) {
      MapPoint point = fixations.get(i);
      if (!Double.isFinite(point.x()) || !Double.isFinite(point.y())) {
        throw new IllegalArgumentException(
            "Expected finite fixations, found " + point + " at index " + i);
      }
      int column = (int) Math.floor(point.x());
      int row = (int) Math.floor(point.y());
      if (column >= 0 && column < width && row >= 0 && row < height) {
        sum += std == 0 ? 0 : (predicted[row * width + column] - mean) / std;
        n++;
      }
    }
    return n == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / n);
  }

  /** Entropy of a map, in nats. */
  public static double entropy(float[] g) {
    double sum = 0;
    for (double value : normalised("map", g)) {
      sum -= value > 0 ? value * Math.log(value) : 0;
    }
    return sum;
  }

  private static double intersection(double[] p, double[] g) {
    Checks.sameLength("predicted map", p.length, "gaze map", g.length);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.min(p[i], g[i]);
    }
    return Math.min(1, sum);
  }

  private static double[] normalised(String what, float[] map) {
    Checks.notEmpty(what, map.length);
    double sum = 0;
    for (int i = 0; i < map.length; i++) {
      if (!Float.isFinite(map[i]) || map[i] < 0) {
        throw new IllegalArgumentException(
            "Expected finite values of at least 0 in the "
                + what
                + ", found "
                + map[i]
                + " at index "
                + i);
      }
      sum += map[i];
    }
    if (sum == 0) {
      throw new IllegalArgumentException(
          "Expected a positive sum of the " + what + ", all its " + map.length + " values are 0");
    }
    double[] out = new double[map.length];
    for (int i = 0; i < map.length; i++) {
      out[i] = map[i] / sum;
    }
    return out;
  }

  private static double[] minMax(double[] map) {
    double min = map[0];
    double max = map[0];
    for (double value : map) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    double[] out = new double[map.length];
    double sum = 0;
    for (int i = 0; i < map.length; i++) {
      out[i] = max > min ? (map[i] - min) / (max - min) : 1;
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
  }

  private static boolean isConstant(float[] map) {
    for (float value : map) {
      if (value != map[0]) {
        return false;
      }
    }
    return true;
  }
}
