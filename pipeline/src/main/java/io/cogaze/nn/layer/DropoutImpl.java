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

/** Computes {@link Dropout}. */
final class DropoutImpl extends DroppingImpl<Dropout> {
  private static final long serialVersionUID = 1L;

  /** Of the last forward pass, C order; null when nothing was dropped. */
  private transient double[] factors;

  DropoutImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    int examples = Math.toIntExact(Activations.examples(x));
    double probability = training ? layerConf().probability() : 0;
    factors =
        probability > 0
            ? factors(examples, Math.toIntExact(x.length() / examples), probability)
            : null;
    Form form = x.rank() == 2 ? Form.of(x) : Kernels.get().output(x);
    return scaled(x, form, forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray dy = activation(epsilon);
    INDArray dx = scaled(dy, Form.of(activation()), backward(workspaces));
    return new Pair<>(new DefaultGradient(), dx);
  }

  private INDArray scaled(INDArray x, Form form, Buffers buffers) {
    double[] values = HostValues.doubles(Activations.plain(x, buffers));
    for (int i = 0; factors != null && i < values.length; i++) {
      values[i] *= factors[i];
    }
    INDArray y = Activations.create(values, form, buffers);
    return x.rank() == 2 ? y.reshape('c', x.size(0), x.size(1)) : y;
  }

  @Override
  public void clear() {
    super.clear();
    factors = null;
  }
}
