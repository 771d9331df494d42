package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
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

  private transient INDArray output;

  PoolImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray x = dense(input);
    long n = x.size(0);
    long c = x.size(1);
    if (layerConf().kind() == Pool.Kind.GLOBAL_AVERAGE) {
      INDArray y = output(workspaces, n, c);
      double[] means = HostValues.doubles(x.reshape('c', n * c, x.length() / (n * c)).sum(1));
      double area = x.size(2) * (double) x.size(3);
      for (int i = 0; i < means.length; i++) {
        means[i] /= area;
      }
      HostValues.write(means, y);
      return y;
    }
    ConvolutionShape shape = layerConf().kind().shape();
    INDArray y = output(workspaces, n, c, shape.output(x.size(2)), shape.output(x.size(3)));
    if (layerConf().kind() == Pool.Kind.AVERAGE_2) {
      Kernels.get().averagePool2(x, y);
    } else {
      Kernels.get().maxPool(shape, x, y);
    }
    output = y;
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray dx = inputGradient(workspaces);
    INDArray dy = dense(epsilon);
    switch (layerConf().kind()) {
      case GLOBAL_AVERAGE -> {
        long area = input.size(2) * input.size(3);
        dx.assign(0);
        dx.reshape('c', dy.length(), area)
            .addiColumnVector(dy.reshape('c', dy.length(), 1).div(area));
      }
      case AVERAGE_2 -> Kernels.get().averagePool2Backward(dy, dx);
      case MAX_2, MAX_3 ->
          Kernels.get().maxPoolBackward(layerConf().kind().shape(), dense(input), output, dy, dx);
    }
    return new Pair<>(new DefaultGradient(), dx);
  }

  @Override
  public void clear() {
    super.clear();
    output = null;
  }
}
