package io.cogaze.nn.kernel;

/**
 * The geometry of a 2-d convolution without dilation or groups.
 *
 * @param kernel rows and columns of the kernel
 * @param stride in both directions
 * @param padding zeros on every side
 */
public record ConvolutionShape(int kernel, int stride, int padding) {
  /** Rows or columns of the output for an input of that many. */
  public long output(long input) {
    return (input + 2L * padding - kernel) / stride + 1;
  }
}
