package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Batch normalisation over N, H and W (Ioffe, Szegedy, ICML 2015), with an optional ReLU after it,
 * and PyTorch's meaning of its numbers: the running variance is a variance, unbiased, and moves by
 * {@code momentum} of the way to the batch's. The running statistics are parameters whose
 * "gradient" is the step they take, applied by an updater that does nothing else; so averaging
 * parameters averages means and variances.
 */
public final class BatchNorm extends OwnLayer {
  private static final long serialVersionUID = 1L;

  static final String GAMMA = "gamma";
  static final String BETA = "beta";
  static final String MEAN = "mean";
  static final String VARIANCE = "var";

  @JsonProperty private int channels;
  @JsonProperty private boolean relu;
  @JsonProperty private double epsilon = 1e-5;
  @JsonProperty private double momentum = 0.1;

  BatchNorm() {}

  private BatchNorm(int channels, boolean relu) {
    this.channels = Sizes.positive("Channels of batch normalisation", channels);
    this.relu = relu;
  }

  /** Normalisation alone. */
  public static BatchNorm plain(int channels) {
    return new BatchNorm(channels, false);
  }

  /** Normalisation, then ReLU. */
  public static BatchNorm relu(int channels) {
    return new BatchNorm(channels, true);
  }

  int channels() {
    return channels;
  }

  boolean hasRelu() {
    return relu;
  }

  double epsilon() {
    return epsilon;
  }

  double momentum() {
    return momentum;
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<Long> shape = List.of((long) channels);
    ParameterSpec.Initial zero = new ParameterSpec.Constant(0);
    ParameterSpec.Initial one = new ParameterSpec.Constant(1);
    return List.of(
        new ParameterSpec(GAMMA, "weight", shape, false, one),
        new ParameterSpec(BETA, "bias", shape, false, zero),
        new ParameterSpec(MEAN, "running_mean", shape, true, zero),
        new ParameterSpec(VARIANCE, "running_var", shape, true, one));
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new BatchNormImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return image(input);
  }

  @Override
  protected List<Object> state() {
    return List.of(channels, relu, epsilon, momentum);
  }
}
