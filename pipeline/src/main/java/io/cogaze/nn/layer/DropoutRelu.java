package io.cogaze.nn.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Dropout, then ReLU, on [N,F]. While training a value is dropped with the given probability and
 * the others are divided by what is left. Which ones is a function of the network's seed, the
 * layer's name, the epoch and the example (see {@link ExampleKeys}); not of thread or worker.
 */
public final class DropoutRelu extends DroppingLayer {
  private static final long serialVersionUID = 1L;

  DropoutRelu() {}

  /**
   * @param probability of dropping, in [0, 1)
   */
  public DropoutRelu(double probability) {
    super(probability);
  }

  @Override
  protected Takes takes() {
    return Takes.VECTORS;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new DropoutReluImpl(conf, type);
  }
}
