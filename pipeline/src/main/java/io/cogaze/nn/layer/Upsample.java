package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;

/** Nearest-neighbour enlargement by 2: [N,C,H,W] to [N,C,2H,2W]. */
public final class Upsample extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new UpsampleImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    InputType.InputTypeConvolutional image = image(input);
    return InputType.convolutional(
        2 * image.getHeight(), 2 * image.getWidth(), image.getChannels());
  }

  @Override
  protected List<Object> state() {
    return List.of();
  }
}
