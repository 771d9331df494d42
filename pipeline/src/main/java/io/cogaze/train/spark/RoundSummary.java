package io.cogaze.train.spark;

import io.cogaze.train.step.WorkerReport;
import java.util.List;

/**
 * An averaging round as the driver saw it.
 *
 * @param epoch from 1
 * @param round from 1
 * @param rounds rounds of the epoch
 * @param reports of the workers, in order
 * @param seconds from the broadcast of the state to the collection of the averaged one
 * @param bytesThroughDriver size of the averaged state
 */
public record RoundSummary(
    int epoch,
    int round,
    int rounds,
    List<WorkerReport> reports,
    double seconds,
    long bytesThroughDriver) {

  /** Examples that the workers used. */
  public long examples() {
    return reports.stream().mapToLong(WorkerReport::examples).sum();
  }

  /** Mean over the examples of the weighted loss. */
  public double loss() {
    return reports.stream().mapToDouble(WorkerReport::lossSum).sum() / examples();
  }

  /** Mean over the examples of a head's loss without its weight. */
  public double headLoss(int head) {
    return reports.stream().mapToDouble(report -> report.headLossSums()[head]).sum() / examples();
  }

  /** Seconds of the slowest worker in the network. */
  public double computeSeconds() {
    return reports.stream().mapToLong(WorkerReport::computeNanos).max().orElse(0) / 1e9;
  }

  /** Seconds of the slowest worker in reading and assembling. */
  public double readSeconds() {
    return reports.stream().mapToLong(WorkerReport::readNanos).max().orElse(0) / 1e9;
  }
}
