package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Kernel;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link FoldedConvolution}. */
final class FoldedConvolutionImpl extends OwnLayerImpl<FoldedConvolution> {
  private static final long serialVersionUID = 1L;

  FoldedConvolutionImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    FoldedConvolution conf = layerConf();
    Kernel kernel = Kernels.get();
    INDArray x = activation(conf.inputs());
    conf.window().requireFit(conf.getLayerName(), Activations.height(x), Activations.width(x));
    INDArray w = getParam(FoldedConvolution.WEIGHTS);
    INDArray b = getParam(FoldedConvolution.BIAS);
    return conf.hasRelu()
        ? kernel.convolutionRelu(conf.shape(), x, w, b, forward(workspaces))
        : kernel.convolution(conf.shape(), x, w, b, forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    throw new UnsupportedOperationException(
        "Layer "
            + layerConf().getLayerName()
            + " is of an inference graph, which cannot be trained: train the network that it was"
            + " made of");
  }
}
