package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Configuration of a layer without parameters that drops values with a probability. */
abstract class DroppingLayer extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private double probability;

  DroppingLayer() {}

  /**
   * @param probability of dropping, in [0, 1)
   */
  DroppingLayer(double probability) {
    if (!(probability >= 0 && probability < 1)) {
      throw new IllegalArgumentException("Dropout must be in [0, 1), got " + probability);
    }
    this.probability = probability;
  }

  final double probability() {
    return probability;
  }

  @Override
  public final List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public final InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  protected final List<Object> state() {
    return List.of(probability);
  }
}
