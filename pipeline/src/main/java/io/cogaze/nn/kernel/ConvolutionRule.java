package io.cogaze.nn.kernel;

/**
 * Which algorithm computes a convolution: a function of its shape, so that two machines of one kind
 * compute the same bits. Measured, not guessed: see docs/performance.md.
 */
final class ConvolutionRule {
  /** How oneDNN computes. */
  enum Algorithm {
    /** Products of the pixels under the kernel. */
    DIRECT,
    /** Winograd's minimal filtering (Lavin, Gray, CVPR 2016), F(4x4,3x3). */
    WINOGRAD
  }

  /** What is computed. */
  enum Direction {
    FORWARD,
    DATA,
    WEIGHTS
  }

  private final boolean winograd;

  ConvolutionRule(boolean winograd) {
    this.winograd = winograd;
  }

  Algorithm algorithm(
      Direction direction, ConvolutionShape shape, Form input, long outputs, Layout layout) {
    boolean eligible =
        winograd
            && layout == Layout.BLOCKED_16
            && shape.equals(ConvolutionShape.square(3, 1, 1))
            && input.channels() % Form.BLOCK == 0
            && outputs % Form.BLOCK == 0
            && input.height() >= 4
            && input.width() >= 4;
    return eligible ? Algorithm.WINOGRAD : Algorithm.DIRECT;
  }
}
