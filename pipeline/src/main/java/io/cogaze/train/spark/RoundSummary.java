package io.cogaze.train.spark;

import io.cogaze.train.step.WorkerReport;
import java.util.List;

/**
 * An averaging round as the driver saw it.
 *
 * @param epoch from 1
 * @param round from 1
 * @param rounds rounds of the epoch
 * @param tasks what the workers that had batches report, in the order of the workers
 * @param times where the time went, from the round's start to the averaged state
 * @param bytes what went between processes
 */
public record RoundSummary(
    int epoch, int round, int rounds, List<TaskReport> tasks, RoundTimes times, RoundBytes bytes) {
  private static final double NANOS = 1e9;

  /** What the workers did, in order. */
  public List<WorkerReport> reports() {
    return tasks.stream().map(TaskReport::work).toList();
  }

  /**
   * From the round's start to the averaged state; an epoch's first round has the driver's state
   * sent out in it, and its last one has the driver wait for the averaged state.
   */
  public double seconds() {
    return times.wall() / NANOS;
  }

  /** Examples that the workers used. */
  public long examples() {
    return tasks.stream().mapToLong(task -> task.work().examples()).sum();
  }

  /** Row groups that the attempts that count read from shard files. */
  public long rowGroupsRead() {
    return tasks.stream().mapToLong(task -> task.work().rowGroupsRead()).sum();
  }

  /** Mean over the examples of the weighted loss. */
  public double loss() {
    return tasks.stream().mapToDouble(task -> task.work().lossSum()).sum() / examples();
  }

  /** Mean over the examples of a head's loss without its weight. */
  public double headLoss(int head) {
    return tasks.stream().mapToDouble(task -> task.work().headLossSums()[head]).sum() / examples();
  }

  /**
   * The speed-up over one worker: compute seconds of all workers over the wall seconds. One worker
   * that does nothing but compute, at the speed that the workers had side by side, would need as
   * much longer. It is at most the number of workers; where they slow each other down (one memory
   * for all cores), one alone would be faster than this assumes.
   */
  double speedUp() {
    return computeSeconds() / seconds();
  }

  /** Seconds of the slowest worker in its network. */
  public double slowestComputeSeconds() {
    return tasks.stream().mapToLong(task -> task.work().computeNanos()).max().orElse(0) / NANOS;
  }

  /** Seconds of all workers together in their networks. */
  double computeSeconds() {
    return tasks.stream().mapToLong(task -> task.work().computeNanos()).sum() / NANOS;
  }

  double examplesPerSecond() {
    return examples() / seconds();
  }
}
