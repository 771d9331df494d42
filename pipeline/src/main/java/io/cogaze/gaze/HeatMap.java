package io.cogaze.gaze;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Gaze heat maps: weights counted by pixel, blurred with a Gaussian, normalised to sum 1.
 *
 * <p>Shape: float[height * width], row-major, row 0 at the top. Counts and sums are float64, so
 * many samples on one pixel do not wrap; the result does not depend on threads or machine.
 *
 * <p>Source: the preparation of the EGD-CXR maps in the public code of MT-UNet (Zhu et al. 2022):
 * raw samples counted, OpenCV GaussianBlur with a kernel of 501 at native resolution. Here the map
 * is counted on the reduced canvas and blurred with {@link GaussianKernel#reducedBy}, which is the
 * same within the rounding of positions to canvas pixels.
 */
public final class HeatMap {
  private HeatMap() {}

  /**
   * The map of points, with the reflect-101 border. Points outside the map are left out. Empty when
   * no weight is left.
   *
   * @param truncate radius of the kernel in standard deviations; 250 / 75.5 for the reference
   */
  public static Optional<float[]> render(
      List<GazePoint> points, int height, int width, double sigmaPx, double truncate) {
    return render(
        points, height, width, GaussianKernel.cutAt(sigmaPx, truncate), Border.REFLECT_101);
  }

  /**
   * The map of points. Points outside the map are left out. Empty when no weight is left. The maps
   * of the EGD-CXR authors themselves are fixations of weight 1 at native resolution with {@code
   * GaussianKernel.cutAt(150, 4)} and {@link Border#REFLECT}.
   *
   * <p>Errors: {@link IllegalArgumentException} if the map has no pixels.
   */
  public static Optional<float[]> render(
      List<GazePoint> points, int height, int width, GaussianKernel kernel, Border border) {
    double[] counts = counts(points, height, width);
    double[] weights = kernel.weights();
    double[] blurred = new double[counts.length];
    double[] line = new double[width];
    boolean any = false;
    for (int y = 0; y < height; y++) {
      // Only rows that hold gaze are spread; most rows of a map hold none.
      if (blurRow(counts, y, line, weights, border)) {
        any = true;
        spreadRow(line, y, blurred, height, weights, border);
      }
    }
    return any ? Optional.of(normalised(blurred)) : Optional.empty();
  }

  /** Weights summed by pixel, shape [height * width]; points outside are left out. */
  public static double[] counts(List<GazePoint> points, int height, int width) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "A heat map needs pixels, but is " + height + " rows x " + width + " columns");
    }
    double[] counts = new double[Math.multiplyExact(height, width)];
    for (GazePoint point : points) {
      if (isInside(point, height, width)) {
        int row = (int) point.y();
        int column = (int) point.x();
        counts[row * width + column] += point.weight();
      }
    }
    return counts;
  }

  /** The share of the weight that lies inside a map, 0 to 1; 0 when there is no weight. */
  public static double shareInside(List<GazePoint> points, int height, int width) {
    double inside = 0;
    double all = 0;
    for (GazePoint point : points) {
      all += point.weight();
      inside += isInside(point, height, width) ? point.weight() : 0;
    }
    return all > 0 ? inside / all : 0;
  }

  private static boolean isInside(GazePoint point, int height, int width) {
    return point.x() >= 0 && point.x() < width && point.y() >= 0 && point.y() < height;
  }

  /**
   * Blurs one row of counts along x into the line; false, and the line untouched, if it is empty.
   */
  private static boolean blurRow(
      double[] counts, int y, double[] line, double[] weights, Border border) {
    int width = line.length;
    int radius = weights.length - 1;
    boolean any = false;
    for (int x = 0; x < width; x++) {
      double count = counts[y * width + x];
      if (count == 0) {
        continue;
      }
      if (!any) {
        Arrays.fill(line, 0);
        any = true;
      }
      int period = border.period(width);
      for (int at = first(x, period, radius); at <= width - 1 + radius; at += period) {
        addAround(line, at, count, weights);
      }
      int mirror = border.mirror(x);
      if (Math.floorMod(mirror - x, period) != 0) {
        for (int at = first(mirror, period, radius); at <= width - 1 + radius; at += period) {
          addAround(line, at, count, weights);
        }
      }
    }
    return any;
  }

  private static void addAround(double[] line, int at, double count, double[] weights) {
    int radius = weights.length - 1;
    int from = Math.max(0, at - radius);
    int to = Math.min(line.length - 1, at + radius);
    for (int o = from; o <= to; o++) {
      line[o] += count * weights[Math.abs(o - at)];
    }
  }

  /** Adds a blurred row to all rows that it reaches, directly and by mirror images. */
  private static void spreadRow(
      double[] line, int y, double[] blurred, int height, double[] weights, Border border) {
    int radius = weights.length - 1;
    int period = border.period(height);
    for (int at = first(y, period, radius); at <= height - 1 + radius; at += period) {
      addRows(line, at, blurred, height, weights);
    }
    int mirror = border.mirror(y);
    if (Math.floorMod(mirror - y, period) != 0) {
      for (int at = first(mirror, period, radius); at <= height - 1 + radius; at += period) {
        addRows(line, at, blurred, height, weights);
      }
    }
  }

  private static void addRows(
      double[] line, int at, double[] blurred, int height, double[] weights) {
    int radius = weights.length - 1;
    int width = line.length;
    int from = Math.max(0, at - radius);
    int to = Math.min(height - 1, at + radius);
    for (int row = from; row <= to; row++) {
      double weight = weights[Math.abs(row - at)];
      int base = row * width;
      for (int x = 0; x < width; x++) {
        blurred[base + x] += weight * line[x];
      }
    }
  }

  /** The first position at or above -radius that equals the given one up to periods. */
  private static int first(int position, int period, int radius) {
    return -radius + Math.floorMod(position + radius, period);
  }

  private static float[] normalised(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    float[] map = new float[values.length];
    for (int i = 0; i < map.length; i++) {
      map[i] = (float) (values[i] / sum);
    }
    return map;
  }
}
