package io.cogaze.nn.kernel;

import java.io.Serializable;

/**
 * The geometry of a 2-d convolution or pooling without groups.
 *
 * @param kernel of the window
 * @param stride steps of the window
 * @param padding on both sides: above and below, left and right
 * @param dilation distance of neighbouring kernel elements, 1 for a dense kernel
 */
public record ConvolutionShape(Extent kernel, Extent stride, Extent padding, Extent dilation)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Something along rows and columns. */
  public record Extent(int height, int width) implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The same along both. */
    public static Extent of(int both) {
      return new Extent(both, both);
    }
  }

  public ConvolutionShape {
    if (least(kernel) < 1 || least(stride) < 1 || least(padding) < 0 || least(dilation) < 1) {
      throw new IllegalArgumentException(
          "Kernel, stride and dilation must be at least 1 and padding at least 0, got kernel "
              + kernel
              + ", stride "
              + stride
              + ", padding "
              + padding
              + ", dilation "
              + dilation);
    }
  }

  /** A square, dense window. */
  public static ConvolutionShape square(int kernel, int stride, int padding) {
    return new ConvolutionShape(
        Extent.of(kernel), Extent.of(stride), Extent.of(padding), Extent.of(1));
  }

  /** Rows of the output for an input of that many. */
  public long outputHeight(long input) {
    return output(input, kernel.height(), stride.height(), padding.height(), dilation.height());
  }

  /** Columns of the output for an input of that many. */
  public long outputWidth(long input) {
    return output(input, kernel.width(), stride.width(), padding.width(), dilation.width());
  }

  private static long output(long input, int kernel, int stride, int padding, int dilation) {
    return Math.floorDiv(input + 2L * padding - (kernel - 1L) * dilation - 1, stride) + 1;
  }

  private static int least(Extent extent) {
    return Math.min(extent.height(), extent.width());
  }
}
