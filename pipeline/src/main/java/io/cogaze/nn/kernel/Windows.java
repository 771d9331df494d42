package io.cogaze.nn.kernel;

/** Windows of convolutions and pooling, as oneDNN takes them: height and width. */
final class Windows {
  private static final int WIDEST_PADDING = 3;

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
   * Whether oneDNN's machine code pools a window correctly. It reads and writes outside of its
   * arrays where a window is wider than an input and the padding before it, and with AVX2 it also
   * mistakes columns where that padding has 4 of them or more, as trying all windows showed.
   * Windows that are too high, and padding above and below, do no harm.
   */
  static boolean isPooled(ConvolutionShape shape, long width) {
    return !isDilated(shape)
        && shape.padding().width() <= WIDEST_PADDING
        && shape.kernel().width() <= width + shape.padding().width();
  }

  private static boolean isDilated(ConvolutionShape shape) {
    return !shape.dilation().equals(ConvolutionShape.Extent.of(1));
  }
}
