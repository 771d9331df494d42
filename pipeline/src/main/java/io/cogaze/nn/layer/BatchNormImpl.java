package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.BatchStatistics;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link BatchNorm}. */
final class BatchNormImpl extends OwnLayerImpl<BatchNorm> {
  private static final long serialVersionUID = 1L;

  private transient BatchStatistics statistics;
  private transient INDArray output;

  BatchNormImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    BatchNorm conf = layerConf();
    requireChannels(conf.channels());
    INDArray y = output(workspaces, input.shape());
    INDArray gamma = getParam(BatchNorm.GAMMA);
    INDArray beta = getParam(BatchNorm.BETA);
    if (training) {
      statistics =
          Kernels.get().batchNorm(dense(input), gamma, beta, conf.epsilon(), conf.hasRelu(), y);
      output = y;
    } else {
      double[] mean = HostValues.doubles(getParam(BatchNorm.MEAN));
      double[] variance = HostValues.doubles(getParam(BatchNorm.VARIANCE));
      double[] scale = HostValues.doubles(gamma);
      double[] shift = HostValues.doubles(beta);
      for (int i = 0; i < scale.length; i++) {
        scale[i] /= Math.sqrt(variance[i] + conf.epsilon());
        shift[i] -= mean[i] * scale[i];
      }
      Kernels.get().batchNormInference(dense(input), scale, shift, conf.hasRelu(), y);
    }
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    BatchNorm conf = layerConf();
    INDArray dx = inputGradient(workspaces);
    Kernels.get()
        .batchNormBackward(
            dense(input),
            output,
            getParam(BatchNorm.GAMMA),
            statistics,
            conf.hasRelu(),
            dense(epsilon),
            dx,
            gradientView(BatchNorm.GAMMA),
            gradientView(BatchNorm.BETA));
    step(BatchNorm.MEAN, statistics.mean(), 1);
    step(BatchNorm.VARIANCE, statistics.variance(), statistics.unbiased());
    return new Pair<>(gradients(), dx);
  }

  /** The step of a running statistic, as a gradient that is subtracted. */
  private void step(String key, double[] batch, double factor) {
    double[] step = HostValues.doubles(getParam(key));
    for (int i = 0; i < step.length; i++) {
      step[i] = layerConf().momentum() * (step[i] - factor * batch[i]);
    }
    HostValues.write(step, gradientView(key));
  }

  @Override
  public void clear() {
    super.clear();
    statistics = null;
    output = null;
  }
}
