package io.cogaze.nn.kernel;

/** Windows of convolutions and pooling, as oneDNN takes them: height and width. */
final class Windows {
  private Windows() {}

  static long[] pair(ConvolutionShape.Extent extent) {
    return new long[] {extent.height(), extent.width()};
  }

  static long[] dilation(ConvolutionShape shape) {
    return new long[] {shape.dilation().height() - 1L, shape.dilation().width() - 1L};
  }

  /** What the window covers beyond the last row and column of the input: negative is unused. */
  static long[] end(ConvolutionShape shape, Form input, Form output) {
    return new long[] {
      (output.height() - 1) * shape.stride().height()
          + (shape.kernel().height() - 1L) * shape.dilation().height()
          + 1
          - input.height()
          - shape.padding().height(),
      (output.width() - 1) * shape.stride().width()
          + (shape.kernel().width() - 1L) * shape.dilation().width()
          + 1
          - input.width()
          - shape.padding().width()
    };
  }

  /**
   * Whether a window is wider than an input and the padding before it. oneDNN's machine code for
   * pooling then reads and writes outside of its arrays; windows that are too high do no harm.
   */
  static boolean isWider(ConvolutionShape shape, long width) {
    return shape.kernel().width() > width + shape.padding().width();
  }

  static boolean isDilated(ConvolutionShape shape) {
    return !shape.dilation().equals(ConvolutionShape.Extent.of(1));
  }
}
