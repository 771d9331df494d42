package io.cogaze.nn.layer;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Logarithm of the softmax over the pixels of each channel: [N,C,H,W] to the same shape; the
 * exponentials of a channel sum to 1. Sums run in float64.
 */
public final class SpatialLogSoftmax extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new SpatialLogSoftmaxImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return image(input);
  }

  @Override
  protected List<Object> state() {
    return List.of();
  }
}
