package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Bilinear interpolation and its gradient, in Java and float64: each value is four products. */
final class Bilinear {
  private Bilinear() {}

  /**
   * Where the values of an axis come from.
   *
   * @param first index of the lower neighbour
   * @param second index of the upper neighbour
   * @param share of the upper neighbour
   */
  private record Taps(int[] first, int[] second, double[] share) {
    static Taps of(int from, int to, boolean alignCorners) {
      Taps taps = new Taps(new int[to], new int[to], new double[to]);
      for (int i = 0; i < to; i++) {
        double place =
            alignCorners
                ? (to > 1 ? i * (from - 1.0) / (to - 1) : 0)
                : Math.max(0, (i + 0.5) * from / to - 0.5);
        int below = Math.min((int) place, from - 1);
        taps.first[i] = below;
        taps.second[i] = Math.min(below + 1, from - 1);
        taps.share[i] = Math.min(1, place - below);
      }
      return taps;
    }
  }

  /** [N,C,H,W] to another size, in the layout of {@code layout}. */
  static INDArray resize(
      INDArray x, int height, int width, boolean alignCorners, Layout layout, Buffers buffers) {
    Form to = Form.of(x).as(layout).size(height, width);
    int rows = Math.toIntExact(Activations.height(x));
    int columns = Math.toIntExact(Activations.width(x));
    Taps vertical = Taps.of(rows, height, alignCorners);
    Taps horizontal = Taps.of(columns, width, alignCorners);
    double[] from = HostValues.doubles(Activations.plain(x, buffers));
    double[] values = new double[Math.toIntExact(to.length())];
    int at = 0;
    for (int plane = 0; plane < from.length; plane += rows * columns) {
      for (int i = 0; i < height; i++) {
        int upper = plane + vertical.first[i] * columns;
        int lower = plane + vertical.second[i] * columns;
        double down = vertical.share[i];
        for (int j = 0; j < width; j++) {
          int left = horizontal.first[j];
          int right = horizontal.second[j];
          double across = horizontal.share[j];
          double above = (1 - across) * from[upper + left] + across * from[upper + right];
          double below = (1 - across) * from[lower + left] + across * from[lower + right];
          values[at++] = (1 - down) * above + down * below;
        }
      }
    }
    return Activations.create(values, to, buffers);
  }

  /** The gradient of {@link #resize}: each gradient goes to the four values it was made of. */
  static INDArray backward(Form input, INDArray dy, boolean alignCorners, Buffers buffers) {
    int height = Math.toIntExact(Activations.height(dy));
    int width = Math.toIntExact(Activations.width(dy));
    int rows = Math.toIntExact(input.height());
    int columns = Math.toIntExact(input.width());
    Taps vertical = Taps.of(rows, height, alignCorners);
    Taps horizontal = Taps.of(columns, width, alignCorners);
    double[] gradient = HostValues.doubles(Activations.plain(dy, buffers));
    double[] values = new double[Math.toIntExact(input.length())];
    int at = 0;
    for (int plane = 0; plane < values.length; plane += rows * columns) {
      for (int i = 0; i < height; i++) {
        int upper = plane + vertical.first[i] * columns;
        int lower = plane + vertical.second[i] * columns;
        double down = vertical.share[i];
        for (int j = 0; j < width; j++) {
          int left = horizontal.first[j];
          int right = horizontal.second[j];
          double across = horizontal.share[j];
          double value = gradient[at++];
          values[upper + left] += (1 - down) * (1 - across) * value;
          values[upper + right] += (1 - down) * across * value;
          values[lower + left] += down * (1 - across) * value;
          values[lower + right] += down * across * value;
        }
      }
    }
    return Activations.create(values, input, buffers);
  }
}
