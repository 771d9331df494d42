package io.cogaze.train.spark;

import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a stage leaves for whoever looks at training: tables of metrics, rounds and memory, and
 * TensorBoard's event files. Each has a file an epoch.
 */
final class StageRecords {
  private final EpochFolder<List<MetricRow>> metrics;
  private final EpochFolder<List<RoundRow>> rounds;
  private final EpochFolder<List<MemoryRow>> memory;
  private final Optional<EpochFolder<byte[]>> events;
  private boolean first = true;

  /** The records of a stage; event files only where they are wanted. */
  StageRecords(FileSystem fs, RunLayout run, String stage, boolean tensorboard) {
    StageLayout layout = run.stage(stage);
    metrics = EpochFolder.ofTables(fs, layout.metrics(), "metrics", MetricRow.TABLE);
    rounds = EpochFolder.ofTables(fs, layout.rounds(), "rounds", RoundRow.TABLE);
    memory = EpochFolder.ofTables(fs, layout.memory(), "memory", MemoryRow.TABLE);
    events =
        tensorboard
            ? Optional.of(EpochFolder.ofEvents(fs, run.tensorboard(stage)))
            : Optional.empty();
  }

  /** Adds an epoch; what was there of it or of later ones is dropped. */
  void write(EpochRows rows, RunLock lock) {
    int epoch = rows.epoch();
    long roundsBefore = rounds.rowsBefore(epoch);
    boolean goesOn = first && epoch > 1;
    first = false;
    metrics.write(epoch, rows.metrics(), lock);
    rounds.write(epoch, rows.rounds(), lock);
    memory.write(epoch, rows.memory(), lock);
    events.ifPresent(
        folder -> folder.write(epoch, StageEvents.file(rows, roundsBefore, goesOn), lock));
  }

  /** Deletes all of a stage. */
  static void delete(FileSystem fs, RunLayout run, String stage) {
    StageLayout layout = run.stage(stage);
    for (Path folder :
        List.of(layout.metrics(), layout.rounds(), layout.memory(), run.tensorboard(stage))) {
      try {
        fs.delete(folder, true);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot delete " + folder, e);
      }
    }
  }
}
