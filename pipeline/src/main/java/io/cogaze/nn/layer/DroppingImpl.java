package io.cogaze.nn.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A layer that drops values by a generator without state: what is dropped is a function of the
 * network's seed, the layer's name, the epoch and the example.
 */
abstract class DroppingImpl<C extends OwnLayer> extends OwnLayerImpl<C>
    implements ExampleKeys.Receiver {
  private static final long serialVersionUID = 1L;

  private transient long[] keys;

  DroppingImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  public final void exampleKeys(long[] exampleKeys) {
    keys = exampleKeys;
  }

  /**
   * Factors of the values of a minibatch, C order: 0 where a value is dropped, else 1 over the
   * share that is kept.
   *
   * @param width values of an example
   * @param probability of dropping, above 0
   */
  final double[] factors(int examples, int width, double probability) {
    if (keys != null && keys.length != examples) {
      throw new IllegalArgumentException(
          "Layer "
              + layerConf().getLayerName()
              + " was given "
              + keys.length
              + " example keys for a minibatch of "
              + examples
              + " examples");
    }
    CounterRandom layer =
        CounterRandom.of(conf().getSeed()).with(layerConf().getLayerName()).with(getEpochCount());
    double[] factors = new double[Math.multiplyExact(examples, width)];
    double kept = 1 / (1 - probability);
    for (int n = 0; n < examples; n++) {
      CounterRandom random =
          keys != null ? layer.with(keys[n]) : layer.with(getIterationCount()).with(n);
      for (int i = 0; i < width; i++) {
        factors[n * width + i] = random.uniform(i) >= probability ? kept : 0;
      }
    }
    return factors;
  }
}
