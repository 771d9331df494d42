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

  private static final ConvolutionShape SAME_3 = ConvolutionShape.square(3, 1, 1);
  private static final long TILE = 4;
  private static final long MANY_TILES = 160;
  private static final long WIDE = 256;
  private static final long TILES_OF_WIDE = 40;

  private final boolean winograd;

  ConvolutionRule(boolean winograd) {
    this.winograd = winograd;
  }

  boolean usesWinograd() {
    return winograd;
  }

  Algorithm algorithm(
      Direction direction, ConvolutionShape shape, Form input, long outputs, Layout layout) {
    boolean eligible = winograd && layout == Layout.BLOCKED_16 && shape.equals(SAME_3);
    return eligible && isWorthTransforming(direction, input, outputs)
        ? Algorithm.WINOGRAD
        : Algorithm.DIRECT;
  }

  /** The transformed weights are four times as large; enough tiles must share them. */
  private static boolean isWorthTransforming(Direction direction, Form input, long outputs) {
    long tiles = input.examples() * tiles(input.height()) * tiles(input.width());
    boolean wide = Math.min(input.channels(), outputs) >= WIDE;
    return tiles >= MANY_TILES
        || (direction != Direction.WEIGHTS && wide && tiles >= TILES_OF_WIDE);
  }

  private static long tiles(long size) {
    return (size + TILE - 1) / TILE;
  }
}
