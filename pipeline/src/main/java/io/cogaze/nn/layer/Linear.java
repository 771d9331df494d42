package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Fully connected layer with bias, [N,I] to [N,O], weights [O,I] as PyTorch stores them. */
public final class Linear extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int inputs;
  @JsonProperty private int outputs;

  Linear() {}

  /** First values are PyTorch's default: uniform in +-1/sqrt(I). */
  public Linear(int inputs, int outputs) {
    this.inputs = Sizes.positive("Inputs of a fully connected layer", inputs);
    this.outputs = Sizes.positive("Outputs of a fully connected layer", outputs);
  }

  int inputs() {
    return inputs;
  }

  /** Width of the output. */
  public int outputs() {
    return outputs;
  }

  @Override
  public List<ParameterSpec> parameters() {
    ParameterSpec.Initial uniform = new ParameterSpec.Uniform(1 / Math.sqrt(inputs));
    return List.of(
        new ParameterSpec("W", "weight", List.of((long) outputs, (long) inputs), false, uniform),
        new ParameterSpec("b", "bias", List.of((long) outputs), false, uniform));
  }

  @Override
  protected Takes takes() {
    return Takes.VECTORS;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new LinearImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return InputType.feedForward(outputs);
  }

  @Override
  protected List<Object> state() {
    return List.of(inputs, outputs);
  }
}
