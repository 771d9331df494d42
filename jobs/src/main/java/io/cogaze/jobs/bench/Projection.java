package io.cogaze.jobs.bench;

/**
 * What a round's traffic takes at the least, from bytes and bandwidth alone: every node, the driver
 * too, sends and receives with the same bandwidth at once. CoGaze's three steps follow each other:
 * the state of B bytes goes out to all (a broadcast whose pieces the receivers pass on: B / b),
 * each node sends (K - 1) / K of its state to the others and receives as much, and the averaged
 * state goes to the driver (B / b). A ring all-reduce sends 2 (K - 1) / K B over each link.
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
    return once + (workers - 1.0) / workers * once + once;
  }

  /** Seconds of a ring all-reduce of the same bytes. */
  public static double ring(long bytes, int workers, double gigabits) {
    return 2 * (workers - 1.0) / workers * bytes * BITS / (gigabits * GIGA);
  }
}
