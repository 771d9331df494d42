package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.HostValues;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link DropoutRelu}. */
final class DropoutReluImpl extends OwnLayerImpl<DropoutRelu> implements ExampleKeys.Receiver {
  private static final long serialVersionUID = 1L;

  private transient long[] keys;
  private transient double[] factors;

  DropoutReluImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public void exampleKeys(long[] exampleKeys) {
    keys = exampleKeys;
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    double[] values = HostValues.doubles(input);
    int examples = (int) input.size(0);
    int width = values.length / Math.max(1, examples);
    double probability = training ? layerConf().probability() : 0;
    if (keys != null && training && keys.length != examples) {
      throw new IllegalArgumentException(
          "Layer "
              + layerConf().getLayerName()
              + " was given "
              + keys.length
              + " example keys for a minibatch of "
              + examples
              + " examples");
    }
    factors = new double[values.length];
    for (int n = 0; n < examples; n++) {
      CounterRandom random = probability > 0 ? generator(n) : null;
      for (int i = n * width; i < (n + 1) * width; i++) {
        boolean kept = random == null || random.uniform(i - (long) n * width) >= probability;
        factors[i] = kept && values[i] > 0 ? 1 / (1 - probability) : 0;
        values[i] *= factors[i];
      }
    }
    INDArray y = output(workspaces, input.shape());
    HostValues.write(values, y);
    return y;
  }

  private CounterRandom generator(int row) {
    CounterRandom layer =
        CounterRandom.of(conf().getSeed()).with(layerConf().getLayerName()).with(getEpochCount());
    return keys != null ? layer.with(keys[row]) : layer.with(getIterationCount()).with(row);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    double[] gradient = HostValues.doubles(epsilon);
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= factors[i];
    }
    INDArray dx = inputGradient(workspaces);
    HostValues.write(gradient, dx);
    return new Pair<>(new DefaultGradient(), dx);
  }
}
