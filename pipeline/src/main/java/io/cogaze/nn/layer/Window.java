package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import java.io.Serializable;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** A {@link ConvolutionShape} in a layer's configuration: plain fields, for JSON and for Kryo. */
final class Window implements Serializable {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int kernelHeight;
  @JsonProperty private int kernelWidth;
  @JsonProperty private int strideHeight;
  @JsonProperty private int strideWidth;
  @JsonProperty private int paddingHeight;
  @JsonProperty private int paddingWidth;
  @JsonProperty private int dilationHeight;
  @JsonProperty private int dilationWidth;

  Window() {}

  /** Errors: IllegalArgumentException for a window, stride or padding that nothing can compute. */
  Window(ConvolutionShape shape) {
    if (longest(shape) > Sizes.LONGEST_WINDOW) {
      throw new IllegalArgumentException(
          "Kernel, with its dilation, stride and padding of a layer can be up to "
              + Sizes.LONGEST_WINDOW
              + " rows and columns, got "
              + shape);
    }
    kernelHeight = shape.kernel().height();
    kernelWidth = shape.kernel().width();
    strideHeight = shape.stride().height();
    strideWidth = shape.stride().width();
    paddingHeight = shape.padding().height();
    paddingWidth = shape.padding().width();
    dilationHeight = shape.dilation().height();
    dilationWidth = shape.dilation().width();
  }

  private static long longest(ConvolutionShape shape) {
    return LongStream.of(
            span(shape.kernel().height(), shape.dilation().height()),
            span(shape.kernel().width(), shape.dilation().width()),
            shape.stride().height(),
            shape.stride().width(),
            shape.padding().height(),
            shape.padding().width())
        .max()
        .getAsLong();
  }

  /** From the first to the last element of the kernel. */
  private static long span(int kernel, int dilation) {
    return (kernel - 1L) * dilation + 1;
  }

  ConvolutionShape shape() {
    return new ConvolutionShape(
        new Extent(kernelHeight, kernelWidth),
        new Extent(strideHeight, strideWidth),
        new Extent(paddingHeight, paddingWidth),
        new Extent(dilationHeight, dilationWidth));
  }

  /**
   * The size of the output. Errors: IllegalArgumentException that names the layer, when the window
   * is larger than the padded input, or the output too large.
   */
  InputType output(String layer, InputType.InputTypeConvolutional input, long channels) {
    requireFit(layer, input.getHeight(), input.getWidth());
    long height = shape().outputHeight(input.getHeight());
    long width = shape().outputWidth(input.getWidth());
    Sizes.map(layer, channels, height, width);
    return InputType.convolutional(height, width, channels);
  }

  /**
   * Errors: IllegalArgumentException that names the layer, when the output would be empty or a
   * channel of it too large.
   */
  void requireFit(String layer, long height, long width) {
    long outputHeight = shape().outputHeight(height);
    long outputWidth = shape().outputWidth(width);
    Sizes.map(layer, 1, Math.max(1, outputHeight), Math.max(1, outputWidth));
    if (outputHeight < 1 || outputWidth < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + layer
              + " has a window of "
              + span(kernelHeight, dilationHeight)
              + " x "
              + span(kernelWidth, dilationWidth)
              + " and pads by "
              + paddingHeight
              + " x "
              + paddingWidth
              + ", its input of "
              + height
              + " x "
              + width
              + " is smaller than that");
    }
  }
}
