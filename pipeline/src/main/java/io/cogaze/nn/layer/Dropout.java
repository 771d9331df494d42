package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Dropout (Srivastava et al., JMLR 2014) of single values, [N,F] or [N,C,H,W]. While training a
 * value is dropped with the given probability and the others are divided by what is left. Which
 * ones is a function of the network's seed, the layer's name, the epoch and the example (see {@link
 * ExampleKeys}) and of the place [C,H,W] in it; not of thread, worker or layout.
 */
public final class Dropout extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private double probability;

  Dropout() {}

  /**
   * @param probability of dropping, in [0, 1)
   */
  public Dropout(double probability) {
    if (!(probability >= 0 && probability < 1)) {
      throw new IllegalArgumentException("Dropout must be in [0, 1), got " + probability);
    }
    this.probability = probability;
  }

  double probability() {
    return probability;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new DropoutImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  protected List<Object> state() {
    return List.of(probability);
  }
}
