package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
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
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    Convolution conf = layerConf();
    requireChannels(conf.inputs() / conf.repeat());
    ConvolutionShape shape = conf.shape();
    INDArray y =
        output(
            workspaces,
            input.size(0),
            conf.outputs(),
            shape.output(input.size(2)),
            shape.output(input.size(3)));
    Kernels.get().convolution(shape, dense(input), weights(), getParam("b"), y);
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    Convolution conf = layerConf();
    INDArray dx = conf.wantsInputGradient() ? inputGradient(workspaces) : null;
    INDArray dw = gradientView("W");
    INDArray folded = dw;
    if (conf.repeat() > 1) {
      folded =
          Nd4j.createUninitialized(
              dw.dataType(),
              new long[] {dw.size(0), dw.size(1) / conf.repeat(), dw.size(2), dw.size(3)},
              'c');
    }
    Kernels.get()
        .convolutionBackward(
            conf.shape(),
            dense(input),
            weights(),
            getParam("b"),
            dense(epsilon),
            dx,
            folded,
            conf.hasBias() ? gradientView("b") : null);
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
