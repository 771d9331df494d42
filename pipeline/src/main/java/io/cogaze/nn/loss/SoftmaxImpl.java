package io.cogaze.nn.loss;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.HostValues;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes {@link ClassOutput} and {@link SaliencyOutput}: for a one-hot target cross entropy and
 * divergence are the same number, and their gradients are the same for every target.
 */
final class SoftmaxImpl<C extends OutputLoss> extends OutputLossImpl<C> {
  private static final long serialVersionUID = 1L;

  SoftmaxImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  long[] labelShape() {
    return input.rank() == 2 ? input.shape() : Activations.shape(input);
  }

  @Override
  double[] losses(double[] x, double[] labels, boolean[] known, double[] gradient) {
    int width = x.length / known.length;
    double[] losses = new double[known.length];
    for (int n = 0; n < known.length; n++) {
      if (!known[n]) {
        continue;
      }
      int from = n * width;
      double normaliser = logSumExp(x, from, width);
      double mass = 0;
      for (int i = from; i < from + width; i++) {
        double g = labels[i];
        if (g != 0) {
          losses[n] += g * ((divergence() ? Math.log(g) : 0) - (x[i] - normaliser));
          mass += g;
        }
      }
      if (gradient != null) {
        for (int i = from; i < from + width; i++) {
          gradient[i] = mass * Math.exp(x[i] - normaliser) - labels[i];
        }
      }
    }
    return losses;
  }

  private boolean divergence() {
    return layerConf() instanceof SaliencyOutput;
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    double[] x = inputValues();
    int width = x.length / (int) Activations.examples(input);
    for (int from = 0; from < x.length; from += width) {
      double normaliser = logSumExp(x, from, width);
      for (int i = from; i < from + width; i++) {
        x[i] = Math.exp(x[i] - normaliser);
      }
    }
    INDArray y = output(workspaces, labelShape());
    HostValues.write(x, y);
    return y;
  }

  private static double logSumExp(double[] x, int from, int width) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + width; i++) {
      largest = Math.max(largest, x[i]);
    }
    double sum = 0;
    for (int i = from; i < from + width; i++) {
      sum += Math.exp(x[i] - largest);
    }
    return largest + Math.log(sum);
  }
}
