package io.cogaze.train.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The driver's clock of one averaging round, and what tasks report of it. Runs from the start. */
final class RoundClock {
  private final long start = System.nanoTime();
  private final List<TaskReport> tasks = new ArrayList<>();
  private long broadcastDone = start;
  private long jobDone = start;
  private long averagingNanos;

  /** The state has been handed out. */
  void broadcastDone() {
    broadcastDone = System.nanoTime();
  }

  /** Spark's job has given its results. */
  void jobDone() {
    jobDone = System.nanoTime();
  }

  /** A worker's task reports. */
  void add(TaskReport task) {
    tasks.add(task);
  }

  /** An averaging task reports. */
  void addAveraging(long nanos) {
    averagingNanos += nanos;
  }

  /** The workers' reports in the order of the workers. */
  List<TaskReport> tasks() {
    return tasks.stream()
        .sorted(Comparator.comparingInt((TaskReport task) -> task.work().worker()))
        .toList();
  }

  /** Where the time until now went, over this many slots. */
  RoundTimes times(int slots) {
    long end = System.nanoTime();
    return RoundTimes.of(
        slots,
        tasks(),
        new RoundTimes.Driver(end - start, broadcastDone - start, end - jobDone, averagingNanos));
  }
}
