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

/** Computes {@link Resize}. */
final class ResizeImpl extends OwnLayerImpl<Resize> {
  private static final long serialVersionUID = 1L;

  ResizeImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    Resize conf = layerConf();
    return Kernels.get()
        .resize(
            activation(), conf.height(), conf.width(), conf.isAlignCorners(), forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray dx =
        Kernels.get()
            .resizeBackward(
                Form.of(activation()),
                activation(epsilon),
                layerConf().isAlignCorners(),
                backward(workspaces));
    return new Pair<>(new DefaultGradient(), dx);
  }
}
