package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernel;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link TransposedConvolution}, with the three operations of a convolution. */
final class TransposedConvolutionImpl extends OwnLayerImpl<TransposedConvolution> {
  private static final long serialVersionUID = 1L;

  TransposedConvolutionImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    TransposedConvolution conf = layerConf();
    INDArray x = activation(conf.inputs());
    long height = Activations.height(x);
    long width = Activations.width(x);
    conf.requireFit(height, width);
    Kernel kernel = Kernels.get();
    Form output =
        Form.of(x)
            .channels(conf.outputs(), kernel.layout(x.dataType(), conf.outputs()))
            .size(conf.outputHeight(height), conf.outputWidth(width));
    INDArray y =
        kernel.convolutionBackwardData(conf.shape(), getParam("W"), x, output, forward(workspaces));
    if (conf.hasBias()) {
      Activations.addPerChannel(y, getParam("b"));
    }
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    TransposedConvolution conf = layerConf();
    INDArray x = activation();
    INDArray dy = activation(epsilon);
    Buffers buffers = backward(workspaces);
    Kernel kernel = Kernels.get();
    kernel.convolutionBackwardWeights(conf.shape(), dy, x, gradientView("W"), null, buffers);
    if (conf.hasBias()) {
      HostValues.write(channelSums(kernel, dy, buffers), gradientView("b"));
    }
    INDArray dx = kernel.convolution(conf.shape(), dy, getParam("W"), null, buffers);
    return new Pair<>(gradients(), Activations.in(Form.of(x), dx, buffers));
  }

  private static double[] channelSums(Kernel kernel, INDArray dy, Buffers buffers) {
    double[] means = HostValues.doubles(kernel.globalAverage(dy, buffers));
    int channels = Math.toIntExact(Activations.channels(dy));
    double area = Activations.height(dy) * (double) Activations.width(dy);
    double[] sums = new double[channels];
    for (int i = 0; i < means.length; i++) {
      sums[i % channels] += means[i] * area;
    }
    return sums;
  }
}
