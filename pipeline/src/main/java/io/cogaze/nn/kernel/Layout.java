package io.cogaze.nn.kernel;

/** How an activation lies in memory. The array itself says it; see {@link Activations}. */
public enum Layout {
  /** [N,C,H,W], C order. */
  PLAIN,
  /** A view [N,C,H,W] with the strides of memory [N,H,W,C]. */
  CHANNELS_LAST,
  /** [N,C/16,H,W,16], rank 5, C order; C is a multiple of 16. */
  BLOCKED_16,
  /**
   * [C/16,N,H,W,16,1], rank 6, C order; C is a multiple of 16 and N at least 2. Channels can be
   * appended where they lie, which is what dense blocks do.
   */
  STACKED_16
}
