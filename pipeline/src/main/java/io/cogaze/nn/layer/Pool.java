package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Pooling over space. */
public final class Pool extends OwnLayer {
  private static final long serialVersionUID = 1L;

  /** What is pooled. */
  public enum Kind {
    /** Maximum of 2 x 2 windows, stride 2. */
    MAX_2(2, 0),
    /** Maximum of 3 x 3 windows, stride 2, padding 1: after DenseNet's first convolution. */
    MAX_3(3, 1),
    /** Mean of 2 x 2 windows, stride 2. */
    AVERAGE_2(2, 0),
    /** Mean of everything: [N,C,H,W] to [N,C]. */
    GLOBAL_AVERAGE(0, 0);

    private final int kernel;
    private final int padding;

    Kind(int kernel, int padding) {
      this.kernel = kernel;
      this.padding = padding;
    }

    ConvolutionShape shape() {
      return ConvolutionShape.square(kernel, 2, padding);
    }
  }

  @JsonProperty private Kind kind;

  Pool() {}

  public Pool(Kind kind) {
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of();
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new PoolImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    InputType.InputTypeConvolutional image = image(input);
    if (kind == Kind.GLOBAL_AVERAGE) {
      return InputType.feedForward(image.getChannels());
    }
    ConvolutionShape shape = kind.shape();
    return InputType.convolutional(
        shape.outputHeight(image.getHeight()),
        shape.outputWidth(image.getWidth()),
        image.getChannels());
  }

  @Override
  protected List<Object> state() {
    return List.of(kind);
  }
}
