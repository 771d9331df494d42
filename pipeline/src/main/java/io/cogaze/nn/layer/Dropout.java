package io.cogaze.nn.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Dropout (Srivastava et al., JMLR 2014) of single values, [N,F] or [N,C,H,W]. While training a
 * value is dropped with the given probability and the others are divided by what is left. Which
 * ones is a function of the network's seed, the layer's name, the epoch and the example (see {@link
 * ExampleKeys}) and of the place [C,H,W] in it; not of thread, worker or layout.
 */
public final class Dropout extends DroppingLayer {
  private static final long serialVersionUID = 1L;

  Dropout() {}

  /**
   * @param probability of dropping, in [0, 1)
   */
  public Dropout(double probability) {
    super(probability);
  }

  @Override
  protected Takes takes() {
    return Takes.BOTH;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new DropoutImpl(conf, type);
  }
}
