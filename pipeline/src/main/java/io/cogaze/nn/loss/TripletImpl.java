package io.cogaze.nn.loss;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.HostValues;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link TripletOutput}. */
final class TripletImpl extends OutputLossImpl<TripletOutput> {
  private static final long serialVersionUID = 1L;

  /** What PyTorch adds to each coordinate of a difference before it takes the norm. */
  private static final double PYTORCH_SHIFT = 1e-6;

  /** Below this length an embedding has no direction; it is divided by this instead. */
  private static final double SMALLEST_LENGTH = 1e-12;

  TripletImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  long[] labelShape() {
    return new long[] {Activations.examples(input), layerConf().classes()};
  }

  @Override
  double[] losses(double[] x, double[] labels, boolean[] known, double[] gradient) {
    int[] classes = classes(labels, known);
    if (layerConf().isFaithful()) {
      return faithful(x, classes, gradient);
    }
    int examples = known.length;
    int channels = channels();
    double[] pooled = pooled(x);
    double[] unit = normalised(pooled, channels);
    double[] unitGradient = gradient == null ? null : new double[unit.length];
    double[] losses = pooledLosses(unit, classes, channels, unitGradient);
    if (gradient != null) {
      int area = x.length / pooled.length;
      for (int n = 0; n < examples; n++) {
        double length = length(pooled, n * channels, channels);
        double along = 0;
        for (int c = n * channels; c < (n + 1) * channels; c++) {
          along += unitGradient[c] * unit[c];
        }
        for (int c = n * channels; c < (n + 1) * channels; c++) {
          double value = (unitGradient[c] - along * unit[c]) / length / area;
          Arrays.fill(gradient, c * area, (c + 1) * area, value);
        }
      }
    }
    return losses;
  }

  /** Mean over the violating triplets, as losses of the anchors. */
  private double[] pooledLosses(double[] unit, int[] classes, int width, double[] gradient) {
    int examples = classes.length;
    double[][] distances = new double[examples][examples];
    for (int i = 0; i < examples; i++) {
      for (int j = 0; j < examples; j++) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
          double difference = unit[i * width + c] - unit[j * width + c];
          sum += difference * difference;
        }
        distances[i][j] = Math.sqrt(sum);
      }
    }
    double[] losses = new double[examples];
    double[][] slopes = new double[examples][examples];
    long violating = 0;
    for (int a = 0; a < examples; a++) {
      for (int p = 0; p < examples; p++) {
        if (!isPositive(classes, a, p)) {
          continue;
        }
        for (int n = 0; n < examples; n++) {
          double hinge = distances[a][p] - distances[a][n] + layerConf().margin();
          if (isNegative(classes, a, n) && hinge > 0) {
            violating++;
            losses[a] += hinge;
            slopes[a][p] += 1;
            slopes[a][n] -= 1;
          }
        }
      }
    }
    double factor = violating == 0 ? 0 : (double) examples / violating;
    for (int a = 0; a < examples; a++) {
      losses[a] *= factor;
      for (int j = 0; j < examples && gradient != null; j++) {
        if (slopes[a][j] != 0 && distances[a][j] > 0) {
          double slope = factor * slopes[a][j] / distances[a][j];
          for (int c = 0; c < width; c++) {
            double step = slope * (unit[a * width + c] - unit[j * width + c]);
            gradient[a * width + c] += step;
            gradient[j * width + c] -= step;
          }
        }
      }
    }
    return losses;
  }

  /** Sum over all triplets of the mean hinge, as losses of the anchors. */
  private double[] faithful(double[] x, int[] classes, double[] gradient) {
    int examples = classes.length;
    int size = x.length / examples;
    int width = (int) Activations.width(input);
    int lines = size / width;
    double[] losses = new double[examples];
    double[][] distances = new double[examples][];
    double[][] slopes = new double[examples][];
    for (int a = 0; a < examples; a++) {
      for (int j = 0; j < examples; j++) {
        distances[j] = classes[a] < 0 || classes[j] < 0 ? null : lines(x, a, j, size, width);
        slopes[j] = new double[lines];
      }
      for (int p = 0; p < examples; p++) {
        if (!isPositive(classes, a, p)) {
          continue;
        }
        for (int n = 0; n < examples; n++) {
          if (!isNegative(classes, a, n)) {
            continue;
          }
          for (int line = 0; line < lines; line++) {
            double hinge = distances[p][line] - distances[n][line] + layerConf().margin();
            if (hinge > 0) {
              losses[a] += hinge * examples / lines;
              slopes[p][line] += (double) examples / lines;
              slopes[n][line] -= (double) examples / lines;
            }
          }
        }
      }
      for (int j = 0; j < examples && gradient != null; j++) {
        for (int line = 0; line < lines; line++) {
          if (slopes[j][line] != 0) {
            double slope = slopes[j][line] / distances[j][line];
            for (int i = line * width; i < (line + 1) * width; i++) {
              double step = slope * (x[a * size + i] - x[j * size + i] + PYTORCH_SHIFT);
              gradient[a * size + i] += step;
              gradient[j * size + i] -= step;
            }
          }
        }
      }
    }
    return losses;
  }

  /** Distances of two examples along the last axis, one for each channel and row. */
  private static double[] lines(double[] x, int a, int b, int size, int width) {
    double[] distances = new double[size / width];
    for (int line = 0; line < distances.length; line++) {
      double sum = 0;
      for (int i = line * width; i < (line + 1) * width; i++) {
        double difference = x[a * size + i] - x[b * size + i] + PYTORCH_SHIFT;
        sum += difference * difference;
      }
      distances[line] = Math.sqrt(sum);
    }
    return distances;
  }

  private static boolean isPositive(int[] classes, int anchor, int other) {
    return anchor != other && classes[anchor] >= 0 && classes[anchor] == classes[other];
  }

  private static boolean isNegative(int[] classes, int anchor, int other) {
    return classes[anchor] >= 0 && classes[other] >= 0 && classes[anchor] != classes[other];
  }

  /** The class of each row, -1 where it is unknown. */
  private int[] classes(double[] labels, boolean[] known) {
    int width = labels.length / known.length;
    int[] classes = new int[known.length];
    for (int n = 0; n < known.length; n++) {
      int best = 0;
      for (int c = 1; c < width; c++) {
        if (labels[n * width + c] > labels[n * width + best]) {
          best = c;
        }
      }
      classes[n] = known[n] ? best : -1;
    }
    return classes;
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    int channels = channels();
    INDArray y = output(workspaces, Activations.examples(input), channels);
    HostValues.write(normalised(pooled(inputValues()), channels), y);
    return y;
  }

  private int channels() {
    return Math.toIntExact(Activations.channels(input));
  }

  private double[] pooled(double[] x) {
    double[] means = new double[Math.toIntExact(Activations.examples(input) * channels())];
    int area = x.length / means.length;
    for (int i = 0; i < means.length; i++) {
      double sum = 0;
      for (int j = i * area; j < (i + 1) * area; j++) {
        sum += x[j];
      }
      means[i] = sum / area;
    }
    return means;
  }

  private static double[] normalised(double[] pooled, int width) {
    double[] unit = new double[pooled.length];
    for (int from = 0; from < pooled.length; from += width) {
      double length = length(pooled, from, width);
      for (int i = from; i < from + width; i++) {
        unit[i] = pooled[i] / length;
      }
    }
    return unit;
  }

  private static double length(double[] values, int from, int width) {
    double sum = 0;
    for (int i = from; i < from + width; i++) {
      sum += values[i] * values[i];
    }
    return Math.max(SMALLEST_LENGTH, Math.sqrt(sum));
  }
}
