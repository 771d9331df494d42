package io.cogaze.nn.layer;

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
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray y =
        output(workspaces, input.size(0), input.size(1), 2 * input.size(2), 2 * input.size(3));
    Kernels.get().upsample2(dense(input), y);
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray dx = inputGradient(workspaces);
    Kernels.get().upsample2Backward(dense(epsilon), dx);
    return new Pair<>(new DefaultGradient(), dx);
  }
}
