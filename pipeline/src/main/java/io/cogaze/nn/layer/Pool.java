package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Pooling over space: [N,C,H,W] to [N,C,H',W'] by windows, or to [N,C] globally. Padding counts
 * neither for a maximum nor for a mean; windows are not dilated.
 */
public final class Pool extends OwnLayer {
  private static final long serialVersionUID = 1L;

  /** What is pooled. */
  enum Kind {
    MAXIMUM,
    AVERAGE,
    GLOBAL_MAXIMUM,
    GLOBAL_AVERAGE
  }

  @JsonProperty private Kind kind;
  @JsonProperty private Window window;

  Pool() {}

  private Pool(Kind kind, ConvolutionShape shape) {
    this.kind = kind;
    this.window = shape == null ? null : new Window(shape);
    if (shape != null
        && (shape.padding().height() > shape.kernel().height() / 2
            || shape.padding().width() > shape.kernel().width() / 2)) {
      throw new IllegalArgumentException(
          "Pooling pads by at most half of its window, got " + shape);
    }
    if (shape != null && (shape.dilation().height() > 1 || shape.dilation().width() > 1)) {
      throw new IllegalArgumentException("Pooling has no dilated windows, got " + shape);
    }
  }

  /** Maximum of windows. */
  public static Pool maximum(ConvolutionShape window) {
    return new Pool(Kind.MAXIMUM, window);
  }

  /** Maximum of k x k windows, side by side. */
  public static Pool maximum(int k) {
    return maximum(ConvolutionShape.square(k, k, 0));
  }

  /** Mean of windows; padding does not count. */
  public static Pool average(ConvolutionShape window) {
    return new Pool(Kind.AVERAGE, window);
  }

  /** Mean of k x k windows, side by side. */
  public static Pool average(int k) {
    return average(ConvolutionShape.square(k, k, 0));
  }

  /** Maximum of everything: [N,C,H,W] to [N,C]. */
  public static Pool globalMaximum() {
    return new Pool(Kind.GLOBAL_MAXIMUM, null);
  }

  /** Mean of everything: [N,C,H,W] to [N,C]. */
  public static Pool globalAverage() {
    return new Pool(Kind.GLOBAL_AVERAGE, null);
  }

  Kind kind() {
    return kind;
  }

  /** Null for the global kinds. */
  Window window() {
    return window;
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
    return window == null
        ? InputType.feedForward(image.getChannels())
        : window.output(getLayerName(), image, image.getChannels());
  }

  @Override
  protected List<Object> state() {
    return window == null ? List.of(kind) : List.of(kind, window.shape());
  }
}
