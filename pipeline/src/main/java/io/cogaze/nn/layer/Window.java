package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import java.io.Serializable;
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

  Window(ConvolutionShape shape) {
    kernelHeight = shape.kernel().height();
    kernelWidth = shape.kernel().width();
    strideHeight = shape.stride().height();
    strideWidth = shape.stride().width();
    paddingHeight = shape.padding().height();
    paddingWidth = shape.padding().width();
    dilationHeight = shape.dilation().height();
    dilationWidth = shape.dilation().width();
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
   * is larger than the padded input.
   */
  InputType output(String layer, InputType.InputTypeConvolutional input, long channels) {
    requireFit(layer, input.getHeight(), input.getWidth());
    return InputType.convolutional(
        shape().outputHeight(input.getHeight()), shape().outputWidth(input.getWidth()), channels);
  }

  /** Errors: IllegalArgumentException that names the layer, when the output would be empty. */
  void requireFit(String layer, long height, long width) {
    if (shape().outputHeight(height) < 1 || shape().outputWidth(width) < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + layer
              + " has a window of "
              + ((kernelHeight - 1) * dilationHeight + 1)
              + " x "
              + ((kernelWidth - 1) * dilationWidth + 1)
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
