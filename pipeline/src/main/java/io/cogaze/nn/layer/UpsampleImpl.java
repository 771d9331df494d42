package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link Upsample}. */
final class UpsampleImpl extends OwnLayerImpl<Upsample> {
  private static final long serialVersionUID = 1L;

  UpsampleImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    return Kernels.get().upsample2(activation(), forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray dx =
        Kernels.get()
            .upsample2Backward(Form.of(activation()), activation(epsilon), backward(workspaces));
    return new Pair<>(new DefaultGradient(), dx);
  }
}
