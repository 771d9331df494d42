package io.cogaze.nn.kernel;

/** How an activation lies in memory. The array itself says it; see {@link Activations}. */
public enum Layout {
  /** [N,C,H,W], C order. */
  PLAIN(1, false),
  /** A view [N,C,H,W] with the strides of memory [N,H,W,C]. */
  CHANNELS_LAST(1, false),
  /** [N,C/8,H,W,8], rank 5, C order; C is a multiple of 8. What AVX2 computes fastest on. */
  BLOCKED_8(8, false),
  /** [N,C/16,H,W,16], rank 5, C order; C is a multiple of 16. What AVX-512 computes fastest on. */
  BLOCKED_16(16, false),
  /**
   * [C/8,N,H,W,8,1], rank 6, C order; C is a multiple of 8 and N at least 2. Channels can be
   * appended where they lie, which is what dense blocks do.
   */
  STACKED_8(8, true),
  /** The same in blocks of 16 channels. */
  STACKED_16(16, true);

  private final int block;
  private final boolean stacked;

  Layout(int block, boolean stacked) {
    this.block = block;
    this.stacked = stacked;
  }

  /** Channels of a block; 1 where they lie in none. */
  public int block() {
    return block;
  }

  /** Whether channels lie in blocks, of each example or stacked. */
  boolean isInBlocks() {
    return block > 1;
  }

  /** Whether channels lie in the blocks of each example. */
  boolean isBlocked() {
    return isInBlocks() && !stacked;
  }

  /** Whether the blocks of all examples lie behind each other. */
  boolean isStacked() {
    return stacked;
  }

  /** Blocks of that many channels of each example. */
  static Layout blocked(int block) {
    return switch (block) {
      case 8 -> BLOCKED_8;
      case 16 -> BLOCKED_16;
      default -> throw new IllegalArgumentException("There are no blocks of " + block);
    };
  }

  /** What lies in blocks, stacked. */
  Layout stack() {
    return block == BLOCKED_8.block ? STACKED_8 : STACKED_16;
  }

  /** What lies in blocks, in those of each example. */
  Layout unstack() {
    return blocked(block);
  }
}
