package io.cogaze.jobs.bench;

/**
 * What a round's traffic takes at the least, from bytes and bandwidth alone: every node, the driver
 * too, sends and receives with the same bandwidth at once. Each node sends (K - 1) / K of the state
 * of B bytes to those who average it and takes in as much, then the same for the averages: 2 (K -
 * 1) / K B, as much as a ring all-reduce sends over each link. The driver takes in B meanwhile.
 */
public final class Projection {
  private static final double BITS = 8;
  private static final double GIGA = 1e9;

  private Projection() {}

  /**
   * Seconds of CoGaze's round.
   *
   * @param bytes B of the state
   * @param workers K
   * @param gigabits bandwidth of each node, each way, Gbit/s
   */
  public static double cogaze(long bytes, int workers, double gigabits) {
    double once = bytes * BITS / (gigabits * GIGA);
    return Math.max(once, ring(bytes, workers, gigabits));
  }

  /** Seconds of a ring all-reduce of the same bytes. */
  public static double ring(long bytes, int workers, double gigabits) {
    return 2 * (workers - 1.0) / workers * bytes * BITS / (gigabits * GIGA);
  }
}
