package io.cogaze.nn.loss;

import io.cogaze.nn.layer.OwnLayer;
import io.cogaze.nn.layer.ParameterSpec;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Configuration of a network output with its loss. The loss of a minibatch is weight * (sum of the
 * examples' losses) / N; examples whose mask is 0 count in N and add nothing.
 */
public abstract class OutputLoss extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private double weight = 1;

  OutputLoss() {}

  OutputLoss(double weight) {
    this.weight = weight;
  }

  /** The factor of this loss. */
  public final double weight() {
    return weight;
  }

  @Override
  public final List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  protected List<Object> state() {
    return List.of(weight);
  }
}
