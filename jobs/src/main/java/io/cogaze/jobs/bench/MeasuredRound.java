package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * An averaging round and the all-reduces that followed it.
 *
 * @param round from 1
 * @param bytes of the state that is averaged
 * @param seconds of the whole round, on the driver
 * @param computeSeconds of the slowest worker in the network; 0 where workers did not train
 * @param trained whether workers trained
 * @param allReduceSeconds median all-reduce of the same bytes between as many processes
 * @param driverHeapMb most that the driver's heap held after a garbage collection so far, MiB
 */
public record MeasuredRound(
    String subject,
    int workers,
    int batches,
    int round,
    long bytes,
    double seconds,
    double computeSeconds,
    boolean trained,
    Optional<Double> allReduceSeconds,
    long driverHeapMb,
    RoundTraffic traffic) {
  static final JsonTable TABLE =
      new JsonTable("rounds", "cogaze_bench_round")
          .text("network")
          .whole("workers", "batches", "round")
          .text("trained")
          .whole("bytes")
          .fraction("round_s", "compute_s", "overhead_s", "overhead_share", "allreduce_s", "ratio")
          .whole("driver_heap_mb", "shuffle_written", "shuffle_read", "results", "broadcast_put")
          .fraction("task_s", "gc_s", "shuffle_write_s", "result_serialise_s");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Everything but compute, seconds. */
  double overheadSeconds() {
    return seconds - computeSeconds;
  }

  /** Everything but compute as a share of the round; NaN where workers did not train. */
  double share() {
    return trained ? overheadSeconds() / seconds : Double.NaN;
  }

  /** Everything but compute over an all-reduce; NaN where there is none. */
  double ratio() {
    return allReduceSeconds.map(peer -> overheadSeconds() / peer).orElse(Double.NaN);
  }

  /** The row of the table; what was not measured is NaN, and absent in {@code --json}. */
  ObjectNode toRow() {
    return JSON.createObjectNode()
        .put("network", subject)
        .put("workers", workers)
        .put("batches", batches)
        .put("round", round)
        .put("trained", trained ? "yes" : "no")
        .put("bytes", bytes)
        .put("round_s", seconds)
        .put("compute_s", computeSeconds)
        .put("overhead_s", overheadSeconds())
        .put("overhead_share", share())
        .put("allreduce_s", allReduceSeconds.orElse(Double.NaN))
        .put("ratio", ratio())
        .put("driver_heap_mb", driverHeapMb)
        .put("shuffle_written", traffic.shuffleWritten())
        .put("shuffle_read", traffic.shuffleRead())
        .put("results", traffic.results())
        .put("broadcast_put", traffic.broadcastPut())
        .put("task_s", traffic.taskSeconds())
        .put("gc_s", traffic.gcSeconds())
        .put("shuffle_write_s", traffic.shuffleWriteSeconds())
        .put("result_serialise_s", traffic.serialiseSeconds());
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
