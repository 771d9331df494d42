package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.HostValues;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes {@link Linear} in float64, in an order of its own, and rounds once: ND4J's products are
 * OpenBLAS's, which sums in another order on each family of CPUs, so that a worker's result would
 * depend on the executor that it came to. The layers are small: a thousandth of a step.
 */
final class LinearImpl extends OwnLayerImpl<Linear> {
  private static final long serialVersionUID = 1L;

  /** Sums that run beside each other, as many as the processor adds at once. */
  private static final int LANES = 4;

  LinearImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    int inputs = layerConf().inputs();
    int outputs = layerConf().outputs();
    double[] x = HostValues.doubles(activation(inputs));
    double[] weights = HostValues.doubles(getParam("W"));
    double[] bias = HostValues.doubles(getParam("b"));
    double[] y = new double[x.length / inputs * outputs];
    for (int i = 0; i < y.length; i++) {
      int output = i % outputs;
      y[i] = bias[output] + dot(x, i / outputs * inputs, weights, output * inputs, inputs);
    }
    INDArray result = output(workspaces, y.length / outputs, outputs);
    HostValues.write(y, result);
    return result;
  }

  /** Of LANES sums, each over every LANES-th product. */
  private static double dot(double[] a, int fromA, double[] b, int fromB, int length) {
    double[] sums = new double[LANES];
    int whole = length / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        sums[lane] += a[fromA + i + lane] * b[fromB + i + lane];
      }
    }
    for (int i = whole; i < length; i++) {
      sums[0] += a[fromA + i] * b[fromB + i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    int inputs = layerConf().inputs();
    int outputs = layerConf().outputs();
    double[] x = HostValues.doubles(input);
    double[] dy = HostValues.doubles(epsilon);
    double[] weights = HostValues.doubles(getParam("W"));
    double[] dWeights = new double[weights.length];
    double[] dBias = new double[outputs];
    double[] dx = new double[x.length];
    for (int i = 0; i < dy.length; i++) {
      int example = i / outputs * inputs;
      int output = i % outputs;
      dBias[output] += dy[i];
      add(dy[i], x, example, dWeights, output * inputs, inputs);
      add(dy[i], weights, output * inputs, dx, example, inputs);
    }
    HostValues.write(dWeights, gradientView("W"));
    HostValues.write(dBias, gradientView("b"));
    INDArray result = inputGradient(workspaces);
    HostValues.write(dx, result);
    return new Pair<>(gradients(), result);
  }

  private static void add(
      double factor, double[] from, int fromAt, double[] to, int toAt, int length) {
    for (int i = 0; i < length; i++) {
      to[toAt + i] += factor * from[fromAt + i];
    }
  }
}
