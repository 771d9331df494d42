package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Transposed 2-d convolution, the gradient of a convolution's input as a layer (Zeiler et al., CVPR
 * 2010): [N,I,H,W] to [N,O,H',W'] with H' = (H - 1) stride - 2 padding + (kernel - 1) dilation + 1
 * + extra, weights [I,O,kh,kw] as PyTorch's ConvTranspose2d stores them.
 */
public final class TransposedConvolution extends OwnLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int inputs;
  @JsonProperty private int outputs;
  @JsonProperty private Window window;
  @JsonProperty private int extraHeight;
  @JsonProperty private int extraWidth;
  @JsonProperty private boolean bias;

  TransposedConvolution() {}

  /**
   * First values are PyTorch's default: uniform in +-1/sqrt(O kh kw).
   *
   * @param window the convolution of which this is the transpose
   * @param extra rows and columns added below and right, less than the stride; PyTorch's output
   *     padding
   */
  public TransposedConvolution(
      int inputs, int outputs, ConvolutionShape window, Extent extra, boolean bias) {
    if (extra.height() < 0
        || extra.width() < 0
        || extra.height() >= window.stride().height()
        || extra.width() >= window.stride().width()) {
      throw new IllegalArgumentException(
          "The extra rows and columns of a transposed convolution must be fewer than the stride "
              + window.stride()
              + ", got "
              + extra);
    }
    this.inputs = Sizes.positive("Input channels of a transposed convolution", inputs);
    this.outputs = Sizes.positive("Output channels of a transposed convolution", outputs);
    this.window = new Window(window);
    this.extraHeight = extra.height();
    this.extraWidth = extra.width();
    this.bias = bias;
  }

  /** 3 x 3 with stride 2: twice the rows and columns. */
  public static TransposedConvolution doubling(int inputs, int outputs, boolean bias) {
    return new TransposedConvolution(
        inputs, outputs, ConvolutionShape.square(3, 2, 1), Extent.of(1), bias);
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return outputs;
  }

  boolean hasBias() {
    return bias;
  }

  ConvolutionShape shape() {
    return window.shape();
  }

  /** Rows of the output for an input of that many. */
  long outputHeight(long input) {
    ConvolutionShape s = shape();
    return (input - 1) * s.stride().height()
        - 2L * s.padding().height()
        + (s.kernel().height() - 1L) * s.dilation().height()
        + 1
        + extraHeight;
  }

  /** Columns of the output for an input of that many. */
  long outputWidth(long input) {
    ConvolutionShape s = shape();
    return (input - 1) * s.stride().width()
        - 2L * s.padding().width()
        + (s.kernel().width() - 1L) * s.dilation().width()
        + 1
        + extraWidth;
  }

  @Override
  public List<ParameterSpec> parameters() {
    ConvolutionShape s = shape();
    double fan = (double) outputs * s.kernel().height() * s.kernel().width();
    ParameterSpec.Initial uniform = new ParameterSpec.Uniform(1 / Math.sqrt(fan));
    List<ParameterSpec> specs = new ArrayList<>();
    List<Long> shape =
        List.of(
            (long) inputs, (long) outputs, (long) s.kernel().height(), (long) s.kernel().width());
    specs.add(new ParameterSpec("W", "weight", shape, false, uniform));
    if (bias) {
      specs.add(new ParameterSpec("b", "bias", List.of((long) outputs), false, uniform));
    }
    return specs;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new TransposedConvolutionImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    InputType.InputTypeConvolutional image = image(input);
    requireFit(image.getHeight(), image.getWidth());
    return InputType.convolutional(
        outputHeight(image.getHeight()), outputWidth(image.getWidth()), outputs);
  }

  /**
   * Errors: IllegalArgumentException that names the layer, when the output would be empty or too
   * large.
   */
  void requireFit(long height, long width) {
    if (outputHeight(height) < 1 || outputWidth(width) < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + getLayerName()
              + " would make a map of "
              + outputHeight(height)
              + " x "
              + outputWidth(width)
              + " of its input of "
              + height
              + " x "
              + width
              + "; its padding is too large for that");
    }
    Sizes.map(getLayerName(), outputs, outputHeight(height), outputWidth(width));
  }

  @Override
  protected List<Object> state() {
    return List.of(inputs, outputs, window.shape(), extraHeight, extraWidth, bias);
  }
}
