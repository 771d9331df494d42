package io.cogaze.train.spark;

import java.util.List;

/** The driver's clock of one averaging round, and what tasks report of it. Runs from the start. */
final class RoundClock {
  private final long start = System.nanoTime();
  private long broadcastDone = start;
  private long jobDone = start;
  private long averagingNanos;

  /** The state has been handed out. */
  void broadcastDone() {
    broadcastDone = System.nanoTime();
  }

  /** Spark's jobs have given their results. */
  void jobDone() {
    jobDone = System.nanoTime();
  }

  /** An averaging task reports. */
  void addAveraging(long nanos) {
    averagingNanos += nanos;
  }

  /** Where the time until now went, over this many slots. */
  RoundTimes times(int slots, List<TaskReport> tasks) {
    long end = System.nanoTime();
    return RoundTimes.of(
        slots,
        tasks,
        new RoundTimes.Driver(end - start, broadcastDone - start, end - jobDone, averagingNanos));
  }
}
