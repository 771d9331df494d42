package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A convolution into which the batch normalisation behind it was folded, with the ReLU of that; for
 * inference only. {@link InferenceGraph} makes them.
 */
public final class FoldedConvolution extends OwnLayer {
  private static final long serialVersionUID = 1L;

  static final String WEIGHTS = "W";
  static final String BIAS = "b";

  @JsonProperty private int inputs;
  @JsonProperty private int outputs;
  @JsonProperty private Window window;
  @JsonProperty private boolean relu;

  FoldedConvolution() {}

  FoldedConvolution(int inputs, int outputs, ConvolutionShape shape, boolean relu) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.window = new Window(shape);
    this.relu = relu;
  }

  int inputs() {
    return inputs;
  }

  ConvolutionShape shape() {
    return window.shape();
  }

  Window window() {
    return window;
  }

  boolean hasRelu() {
    return relu;
  }

  @Override
  public List<ParameterSpec> parameters() {
    ParameterSpec.Initial zero = new ParameterSpec.Constant(0);
    List<Long> weights =
        List.of(
            (long) outputs,
            (long) inputs,
            (long) shape().kernel().height(),
            (long) shape().kernel().width());
    return List.of(
        new ParameterSpec(WEIGHTS, "weight", weights, false, zero),
        new ParameterSpec(BIAS, "bias", List.of((long) outputs), false, zero));
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new FoldedConvolutionImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return window.output(getLayerName(), image(input), outputs);
  }

  @Override
  protected List<Object> state() {
    return List.of(inputs, outputs, window.shape(), relu);
  }
}
