package io.cogaze.nn.loss;

import io.cogaze.nn.layer.OwnLayer;
import io.cogaze.nn.layer.ParameterSpec;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Configuration of a network output with its loss. The loss of a minibatch is (sum of the examples'
 * losses, each as {@link LossWeight} weighs it) / N; examples whose mask is 0 count in N and add
 * nothing.
 */
public abstract class OutputLoss extends OwnLayer {
  private static final long serialVersionUID = 1L;

  /** The key of ln(sigma), where it is learned. */
  static final String LOG_SIGMA = "logSigma";

  private static final ParameterSpec SIGMA_OF_1 =
      new ParameterSpec(LOG_SIGMA, "log_sigma", List.of(1L), false, new ParameterSpec.Constant(0));

  @JsonProperty private double weight = 1;
  @JsonProperty private boolean learned;

  OutputLoss() {}

  OutputLoss(double weight, boolean learned) {
    this.weight = weight;
    this.learned = learned;
  }

  /** The factor of this loss. */
  public final double weight() {
    return weight;
  }

  /** Whether a sigma is learned, see {@link LossWeight}. */
  public final boolean learnsWeight() {
    return learned;
  }

  @Override
  public final List<ParameterSpec> parameters() {
    return learned ? List.of(SIGMA_OF_1) : List.of();
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return input;
  }

  @Override
  protected List<Object> state() {
    return List.of(weight, learned);
  }
}
