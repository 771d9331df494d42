package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.HostValues;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link DropoutRelu}. */
final class DropoutReluImpl extends DroppingImpl<DropoutRelu> {
  private static final long serialVersionUID = 1L;

  private transient double[] factors;

  DropoutReluImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    double[] values = HostValues.doubles(activation());
    int examples = (int) input.size(0);
    double probability = training ? layerConf().probability() : 0;
    double[] dropped =
        probability > 0 ? factors(examples, values.length / examples, probability) : null;
    factors = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double factor = dropped == null ? 1 : dropped[i];
      factors[i] = values[i] > 0 ? factor : 0;
      values[i] *= factors[i];
    }
    INDArray y = output(workspaces, input.shape());
    HostValues.write(values, y);
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    double[] gradient = HostValues.doubles(epsilon);
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= factors[i];
    }
    INDArray dx = inputGradient(workspaces);
    HostValues.write(gradient, dx);
    return new Pair<>(new DefaultGradient(), dx);
  }

  @Override
  public void clear() {
    super.clear();
    factors = null;
  }
}
