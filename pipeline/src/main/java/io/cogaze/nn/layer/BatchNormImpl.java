package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.BatchStatistics;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.Normalised;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link BatchNorm}. */
final class BatchNormImpl extends OwnLayerImpl<BatchNorm> {
  private static final long serialVersionUID = 1L;

  private transient Normalised forward;

  BatchNormImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    BatchNorm conf = layerConf();
    INDArray x = activation(conf.channels());
    INDArray gamma = getParam(BatchNorm.GAMMA);
    INDArray beta = getParam(BatchNorm.BETA);
    if (training) {
      forward =
          Kernels.get()
              .batchNorm(x, gamma, beta, conf.epsilon(), conf.hasRelu(), forward(workspaces));
      for (double variance : forward.statistics().variance()) {
        // Not a number as soon as one value of the channel is none.
        if (Double.isNaN(variance) || Double.isInfinite(variance)) {
          throw notFinite("its input holds NaN or infinity");
        }
      }
      return forward.y();
    }
    double[] mean = HostValues.doubles(getParam(BatchNorm.MEAN));
    double[] variance = HostValues.doubles(getParam(BatchNorm.VARIANCE));
    double[] scale = HostValues.doubles(gamma);
    double[] shift = HostValues.doubles(beta);
    for (int i = 0; i < scale.length; i++) {
      scale[i] /= Math.sqrt(variance[i] + conf.epsilon());
      shift[i] -= mean[i] * scale[i];
      if (!Double.isFinite(scale[i]) || !Double.isFinite(shift[i])) {
        throw new NotFiniteException(
            owner()
                + " takes finite parameters and a positive variance, channel "
                + i
                + " has variance "
                + variance[i]
                + " and mean "
                + mean[i]
                + ", which gives the factor "
                + scale[i]
                + " and the summand "
                + shift[i]
                + ": the file they came from holds them, or training diverged");
      }
    }
    return Kernels.get().batchNormInference(x, scale, shift, conf.hasRelu(), forward(workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    BatchNorm conf = layerConf();
    BatchStatistics statistics = forward.statistics();
    INDArray dx =
        Kernels.get()
            .batchNormBackward(
                activation(),
                forward,
                getParam(BatchNorm.GAMMA),
                conf.epsilon(),
                conf.hasRelu(),
                activation(epsilon),
                gradientView(BatchNorm.GAMMA),
                gradientView(BatchNorm.BETA),
                backward(workspaces));
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
    forward = null;
  }
}
