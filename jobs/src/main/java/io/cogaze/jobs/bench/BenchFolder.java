package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.InputException;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.Versions;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The committed folder of a benchmark. A measurement is never "there already": a new one takes the
 * old one's place.
 */
public final class BenchFolder {
  /** Kind of the folder. */
  public static final String KIND = "benchmark";

  static final ParquetTable<ObjectNode> RESULTS =
      new JsonTable()
          .text("network")
          .whole("height", "width", "batch", "threads")
          .text("phase")
          .fraction("cogaze_s", "peer_s", "ratio", "ratio_min", "ratio_max")
          .whole("peak_mb", "peer_peak_mb", "parameters")
          .text("peer_format", "cogaze_engine", "peer_engine")
          .fraction("contiguous_s", "channels_last_s")
          .whole("contiguous_peak_mb", "channels_last_peak_mb")
          .fraction("cogaze_first_s", "peer_first_s")
          .build("cogaze_bench_engine");

  private static final ParquetTable<ObjectNode> STEPS =
      new JsonTable()
          .text("network")
          .whole("height", "width", "batch", "threads")
          .text("phase", "side", "engine")
          .whole("pair", "step")
          .fraction("seconds")
          .build("cogaze_bench_engine_step");

  private static final ParquetTable<ObjectNode> MEMORY =
      new JsonTable()
          .text("network")
          .whole("height", "width", "batch", "threads")
          .text("phase", "frozen")
          .whole("peak_mb")
          .whole("weights", "learned", "kept", "frozen_outputs", "gradients", "live", "largest")
          .build("cogaze_bench_memory");

  private static final ParquetTable<ObjectNode> AVERAGING =
      new JsonTable()
          .whole("seed", "epoch")
          .text("first")
          .whole("examples", "cogaze_examples", "stock_examples")
          .fraction("cogaze_loss", "stock_loss", "loss_ratio", "cogaze_s", "stock_s", "time_ratio")
          .build("cogaze_bench_averaging");

  private static final ParquetTable<ObjectNode> ROUNDS =
      new JsonTable()
          .text("network")
          .whole("workers", "batches", "round")
          .text("trained")
          .whole("bytes")
          .fraction("round_s", "compute_s", "overhead_s", "overhead_share", "allreduce_s", "ratio")
          .whole("driver_heap_mb", "shuffle_written", "shuffle_read", "results", "broadcast_put")
          .fraction("task_s", "gc_s", "shuffle_write_s", "result_serialise_s")
          .build("cogaze_bench_round");

  private static final ParquetTable<ObjectNode> SCALING =
      new JsonTable()
          .whole("workers", "rounds", "bytes")
          .fraction("round_s", "round_s_min", "round_s_max")
          .whole("through_driver", "results", "broadcast_put", "broadcast_fetched")
          .whole("shuffle_written", "shuffle_read", "busiest_node", "driver_read", "driver_written")
          .build("cogaze_bench_scaling");

  private BenchFolder() {}

  /** Errors: {@link InputException} when the folder holds something else. */
  public static void requireOwn(FileSystem fs, Path folder) {
    Manifest.readIfPresent(fs, folder)
        .filter(manifest -> !manifest.kind().equals(KIND))
        .ifPresent(
            manifest -> {
              throw new InputException(
                  "Cannot write a benchmark to "
                      + folder
                      + ": it holds "
                      + manifest.kind()
                      + "\n  fix: another --output");
            });
  }

  /** Writes results and steps. */
  public static void write(FileSystem fs, Path folder, List<Comparison> comparisons)
      throws IOException {
    publish(
        fs,
        folder,
        "engine",
        commit -> {
          add(fs, commit, "results", RESULTS, comparisons.stream().map(Comparison::toRow).toList());
          add(
              fs,
              commit,
              "steps",
              STEPS,
              comparisons.stream().flatMap(comparison -> comparison.steps().stream()).toList());
        });
  }

  /** Writes measured peaks, with what the estimate is made of. */
  public static void writeMemory(
      FileSystem fs, Path folder, List<MemoryBenchmark.Measured> measured) throws IOException {
    publish(
        fs,
        folder,
        "memory",
        commit ->
            add(
                fs,
                commit,
                "memory",
                MEMORY,
                measured.stream().map(BenchFolder::memoryRow).toList()));
  }

  /** Writes epochs of both masters. */
  public static void writeAveraging(FileSystem fs, Path folder, List<AveragingEpoch> epochs)
      throws IOException {
    publish(
        fs,
        folder,
        "averaging",
        commit ->
            add(
                fs,
                commit,
                "epochs",
                AVERAGING,
                epochs.stream().map(AveragingEpoch::toJson).toList()));
  }

  /** Writes averaging rounds. */
  public static void writeRounds(FileSystem fs, Path folder, List<MeasuredRound> rounds)
      throws IOException {
    publish(
        fs,
        folder,
        "round",
        commit ->
            add(fs, commit, "rounds", ROUNDS, rounds.stream().map(MeasuredRound::toRow).toList()));
  }

  /** Writes rounds at several numbers of workers. */
  public static void writeScaling(FileSystem fs, Path folder, List<ScalingPoint> points)
      throws IOException {
    publish(
        fs,
        folder,
        "scaling",
        commit ->
            add(fs, commit, "points", SCALING, points.stream().map(ScalingPoint::toJson).toList()));
  }

  private static ObjectNode memoryRow(MemoryBenchmark.Measured measured) {
    BenchCase subject = measured.subject().subject();
    MemoryDemand demand = measured.demand();
    return subject
        .row(measured.subject().threads(), measured.subject().phase())
        .put("frozen", String.join(",", measured.subject().frozen()))
        .put("peak_mb", measured.peakMb())
        .put("weights", demand.weights())
        .put("learned", demand.learned())
        .put("kept", demand.kept())
        .put("frozen_outputs", demand.frozen())
        .put("gradients", demand.gradients())
        .put("live", demand.live())
        .put("largest", demand.largest());
  }

  private interface Tables {
    void addTo(FolderCommit commit) throws IOException;
  }

  private static void publish(FileSystem fs, Path folder, String benchmark, Tables tables)
      throws IOException {
    requireOwn(fs, folder);
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND);
    tables.addTo(commit);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("benchmark", benchmark);
    body.put("versions", Versions.current().asMap());
    body.put("machine", machine());
    commit.publish(body);
    FolderCommit.removeLeftovers(fs, folder);
  }

  private static void add(
      FileSystem fs,
      FolderCommit commit,
      String name,
      ParquetTable<ObjectNode> table,
      List<ObjectNode> rows)
      throws IOException {
    Path file = commit.newFile(name, ".parquet");
    WrittenFile written = table.writeAll(fs, file, StorageSettings.TABLE, rows);
    commit.add(
        commit.relativeName(file),
        written.sizeBytes(),
        written.sha256(),
        OptionalLong.of(written.rows()));
  }

  /** Cores and instruction sets: what a time depends on. No names of hosts. */
  public static Map<String, Object> machine() {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    machine.put("architecture", System.getProperty("os.arch"));
    machine.put("system", System.getProperty("os.name"));
    return machine;
  }
}
