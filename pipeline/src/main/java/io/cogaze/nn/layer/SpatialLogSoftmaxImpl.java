package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link SpatialLogSoftmax}. */
final class SpatialLogSoftmaxImpl extends OwnLayerImpl<SpatialLogSoftmax> {
  private static final long serialVersionUID = 1L;

  private transient double[] logarithms;

  SpatialLogSoftmaxImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    Buffers buffers = forward(workspaces);
    double[] values = HostValues.doubles(Activations.plain(x, buffers));
    int area = area(x);
    for (int from = 0; from < values.length; from += area) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = from; i < from + area; i++) {
        largest = Math.max(largest, values[i]);
      }
      double sum = 0;
      for (int i = from; i < from + area; i++) {
        sum += Math.exp(values[i] - largest);
      }
      double normaliser = largest + Math.log(sum);
      for (int i = from; i < from + area; i++) {
        values[i] -= normaliser;
      }
    }
    logarithms = values;
    return Activations.create(values, Kernels.get().output(x), buffers);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    Buffers buffers = backward(workspaces);
    double[] gradient = HostValues.doubles(Activations.plain(activation(epsilon), buffers));
    int area = area(x);
    for (int from = 0; from < gradient.length; from += area) {
      double sum = 0;
      for (int i = from; i < from + area; i++) {
        sum += gradient[i];
      }
      for (int i = from; i < from + area; i++) {
        gradient[i] -= sum * Math.exp(logarithms[i]);
      }
    }
    return new Pair<>(new DefaultGradient(), Activations.create(gradient, Form.of(x), buffers));
  }

  private static int area(INDArray x) {
    return Math.toIntExact(Activations.height(x) * Activations.width(x));
  }

  @Override
  public void clear() {
    super.clear();
    logarithms = null;
  }
}
