package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.MaxPooled;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link Pool}. */
final class PoolImpl extends OwnLayerImpl<Pool> {
  private static final long serialVersionUID = 1L;

  private transient MaxPooled forward;

  PoolImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    Buffers buffers = forward(workspaces);
    return switch (layerConf().kind()) {
      case GLOBAL_AVERAGE -> Kernels.get().globalAverage(x, buffers);
      case AVERAGE_2 -> Kernels.get().averagePool(layerConf().kind().shape(), x, buffers);
      case MAX_2, MAX_3 -> {
        forward = Kernels.get().maxPool(layerConf().kind().shape(), x, buffers);
        yield forward.y();
      }
    };
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    INDArray dy = activation(epsilon);
    Buffers buffers = backward(workspaces);
    INDArray dx =
        switch (layerConf().kind()) {
          case GLOBAL_AVERAGE -> Kernels.get().globalAverageBackward(Form.of(x), dy, buffers);
          case AVERAGE_2 ->
              Kernels.get()
                  .averagePoolBackward(layerConf().kind().shape(), Form.of(x), dy, buffers);
          case MAX_2, MAX_3 ->
              Kernels.get().maxPoolBackward(layerConf().kind().shape(), x, forward, dy, buffers);
        };
    return new Pair<>(new DefaultGradient(), dx);
  }

  @Override
  public void clear() {
    super.clear();
    forward = null;
  }
}
