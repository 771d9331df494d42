package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.spark.RoundTimes;
import java.util.List;
import java.util.Optional;

/**
 * An averaging round and the all-reduces that it is compared with.
 *
 * @param round from 1
 * @param last whether it is the last of the epoch, in which the driver waits for the state
 * @param trained whether workers trained
 * @param summary as the driver saw it
 * @param allReduceSeconds median all-reduce of the same bytes between as many processes
 * @param driverHeapMb most that the driver's heap held after a garbage collection so far, MiB
 */
public record MeasuredRound(
    String subject,
    int workers,
    int batches,
    int round,
    boolean last,
    boolean trained,
    RoundSummary summary,
    Optional<Double> allReduceSeconds,
    long driverHeapMb) {
  static final JsonTable TABLE =
      new JsonTable("rounds", "cogaze_bench_round")
          .text("network")
          .whole("workers", "batches", "round")
          .text("last", "trained")
          .whole("bytes")
          .fraction("round_s", "compute_s", "overhead_s", "overhead_share", "allreduce_s", "ratio")
          .fraction("part_compute_s", "part_read_wait_s", "part_serialise_s")
          .fraction("part_aggregate_s", "part_broadcast_s", "part_idle_s")
          .whole("driver_in", "driver_out", "node_in", "node_out", "shared", "driver_heap_mb");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double NANOS = 1e9;

  /** Of the whole round, on the driver. */
  double seconds() {
    return summary.seconds();
  }

  /** Of the slowest worker in the network; 0 where workers did not train. */
  double computeSeconds() {
    return trained ? summary.slowestComputeSeconds() : 0;
  }

  /** Everything but compute, seconds. */
  double overheadSeconds() {
    return seconds() - computeSeconds();
  }

  /** Everything but compute as a share of the round; NaN where workers did not train. */
  double share() {
    return trained ? overheadSeconds() / seconds() : Double.NaN;
  }

  /** Everything but compute over an all-reduce; NaN where there is none. */
  double ratio() {
    return allReduceSeconds.map(peer -> overheadSeconds() / peer).orElse(Double.NaN);
  }

  /** The row of the table; what was not measured is NaN, and absent in {@code --json}. */
  ObjectNode toRow() {
    RoundTimes times = summary.times();
    return JSON.createObjectNode()
        .put("network", subject)
        .put("workers", workers)
        .put("batches", batches)
        .put("round", round)
        .put("last", last ? "yes" : "no")
        .put("trained", trained ? "yes" : "no")
        .put("bytes", summary.bytes().state())
        .put("round_s", seconds())
        .put("compute_s", computeSeconds())
        .put("overhead_s", overheadSeconds())
        .put("overhead_share", share())
        .put("allreduce_s", allReduceSeconds.orElse(Double.NaN))
        .put("ratio", ratio())
        .put("part_compute_s", times.compute() / NANOS)
        .put("part_read_wait_s", times.readWait() / NANOS)
        .put("part_serialise_s", times.serialise() / NANOS)
        .put("part_aggregate_s", times.aggregate() / NANOS)
        .put("part_broadcast_s", times.broadcast() / NANOS)
        .put("part_idle_s", times.idle() / NANOS)
        .put("driver_in", summary.bytes().driverIn())
        .put("driver_out", summary.bytes().driverOut())
        .put("node_in", summary.bytes().nodeIn())
        .put("node_out", summary.bytes().nodeOut())
        .put("shared", summary.bytes().shared())
        .put("driver_heap_mb", driverHeapMb);
  }

  /** The object that {@code --json} prints. */
  public ObjectNode toJson() {
    ObjectNode row = toRow();
    if (!trained) {
      row.remove("overhead_share");
    }
    if (allReduceSeconds.isEmpty()) {
      row.remove("allreduce_s");
      row.remove("ratio");
    }
    return row;
  }

  /** The table of rounds. */
  public static JsonTable.Rows table(List<MeasuredRound> rounds) {
    return TABLE.rows(rounds.stream().map(MeasuredRound::toRow));
  }
}
