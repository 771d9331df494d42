package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
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
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    Buffers buffers = forward(workspaces);
    return switch (layerConf().kind()) {
      case GLOBAL_AVERAGE -> Kernels.get().globalAverage(x, buffers);
      case AVERAGE -> Kernels.get().averagePool(shape(x), x, buffers);
      case MAXIMUM -> {
        forward = Kernels.get().maxPool(shape(x), x, buffers);
        yield forward.y();
      }
      case GLOBAL_MAXIMUM -> {
        forward = Kernels.get().maxPool(shape(x), x, buffers);
        // A single pixel: every layout has the channels in their order.
        yield forward.y().reshape('c', Activations.examples(x), Activations.channels(x));
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
          case AVERAGE -> Kernels.get().averagePoolBackward(shape(x), Form.of(x), dy, buffers);
          case MAXIMUM -> Kernels.get().maxPoolBackward(shape(x), x, forward, dy, buffers);
          case GLOBAL_MAXIMUM ->
              Kernels.get()
                  .maxPoolBackward(
                      shape(x), x, forward, dy.reshape('c', dy.size(0), dy.size(1), 1, 1), buffers);
        };
    return new Pair<>(new DefaultGradient(), dx);
  }

  private ConvolutionShape shape(INDArray x) {
    long height = Activations.height(x);
    long width = Activations.width(x);
    Window window = layerConf().window();
    if (window == null) {
      Extent all = new Extent(Math.toIntExact(height), Math.toIntExact(width));
      return new ConvolutionShape(all, all, Extent.of(0), Extent.of(1));
    }
    window.requireFit(layerConf().getLayerName(), height, width);
    return window.shape();
  }

  @Override
  public void clear() {
    super.clear();
    forward = null;
  }
}
