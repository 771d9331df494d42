package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Squeeze and excitation (Hu, Shen, Sun, CVPR 2018): scales each channel by sigmoid(W2 relu(W1
 * mean)), where mean is the channel's spatial mean; no biases. [N,C,H,W] to the same shape, W1
 * [h,C], W2 [C,h].
 */
public final class SqueezeExcite extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int channels;
  @JsonProperty private int hidden;

  SqueezeExcite() {}

  /** Hidden width is channels / reduction, and at least 1. */
  public SqueezeExcite(int channels, int reduction) {
    this.channels = Sizes.positive("Channels of squeeze and excitation", channels);
    this.hidden =
        Math.max(1, channels / Sizes.positive("Reduction of squeeze and excitation", reduction));
  }

  int channels() {
    return channels;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        new ParameterSpec(
            "W1",
            "fc1.weight",
            List.of((long) hidden, (long) channels),
            false,
            new ParameterSpec.Uniform(1 / Math.sqrt(channels))),
        new ParameterSpec(
            "W2",
            "fc2.weight",
            List.of((long) channels, (long) hidden),
            false,
            new ParameterSpec.Uniform(1 / Math.sqrt(hidden))));
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new SqueezeExciteImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return image(input);
  }

  @Override
  protected List<Object> state() {
    return List.of(channels, hidden);
  }
}
