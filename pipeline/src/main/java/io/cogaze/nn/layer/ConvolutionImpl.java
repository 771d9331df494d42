package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes {@link Convolution}. */
final class ConvolutionImpl extends OwnLayerImpl<Convolution> {
  private static final long serialVersionUID = 1L;

  ConvolutionImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    Convolution conf = layerConf();
    INDArray x = activation(conf.inputs() / conf.repeat());
    conf.window().requireFit(conf.getLayerName(), Activations.height(x), Activations.width(x));
    return Kernels.get()
        .convolution(conf.shape(), x, weights(), getParam("b"), forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    Convolution conf = layerConf();
    INDArray x = activation();
    INDArray dy = activation(epsilon);
    INDArray dw = gradientView("W");
    INDArray folded = dw;
    if (conf.repeat() > 1) {
      folded =
          Nd4j.createUninitialized(
              dw.dataType(),
              new long[] {dw.size(0), dw.size(1) / conf.repeat(), dw.size(2), dw.size(3)},
              'c');
    }
    INDArray db = conf.hasBias() ? gradientView("b") : null;
    INDArray dx = null;
    if (conf.wantsInputGradient()) {
      dx =
          Kernels.get()
              .convolutionBackward(
                  conf.shape(), x, weights(), dy, folded, db, backward(workspaces));
    } else {
      Kernels.get()
          .convolutionBackwardWeights(conf.shape(), x, dy, folded, db, backward(workspaces));
    }
    if (conf.repeat() > 1) {
      dw.assign(Nd4j.tile(folded, 1, conf.repeat(), 1, 1));
    }
    return new Pair<>(gradients(), dx);
  }

  /** The weights; for a repeated input their sums over the copies, which is the same operation. */
  private INDArray weights() {
    INDArray w = getParam("W");
    int repeat = layerConf().repeat();
    if (repeat == 1) {
      return w;
    }
    long channels = w.size(1) / repeat;
    return w.reshape('c', w.size(0), repeat, channels, w.size(2), w.size(3)).sum(1).dup('c');
  }
}
