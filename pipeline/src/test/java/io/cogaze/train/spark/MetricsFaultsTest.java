package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLock;
import io.cogaze.train.FaultyFileSystem;
import io.cogaze.train.Folders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An epoch's metrics with the driver's death at each file-system call. */
final class MetricsFaultsTest {
  @TempDir private Path temporary;

  @AfterEach
  void disarm() {
    FaultyFileSystem.disarm();
  }

  @Test
  void aDriverThatDiesAtAnyCallLosesNoMetricsOfEarlierEpochs() throws IOException {
    FileSystem fs = FaultyFileSystem.open();
    Path before = temporary.resolve("before");
    try (RunLock lock = lock(before)) {
      EpochFolder<List<MetricRow>> metrics = metrics(fs, before);
      metrics.write(1, rows(1), lock);
      metrics.write(2, rows(2), lock);
    }
    int number = 0;
    int lost = 0;
    boolean survived = false;
    while (!survived) {
      number++;
      Path run = temporary.resolve("run-" + number);
      Folders.copy(before, run);
      try (RunLock lock = lock(run)) {
        FaultyFileSystem.arm(FaultyFileSystem.diesAt(number));
        Throwable death = catchThrowable(() -> metrics(fs, run).write(3, rows(3), lock));
        survived = death == null;
        FaultyFileSystem.disarm();
      }
      lost += Manifest.readIfPresent(fs, folder(run)).isEmpty() ? 1 : 0;

      try (RunLock lock = lock(run)) {
        metrics(fs, run).write(3, rows(3), lock);
      }

      List<Integer> epochs = new ArrayList<>();
      Manifest manifest = Manifest.read(fs, folder(run));
      manifest.verify(fs, folder(run), true);
      for (ManifestFile file : manifest.files()) {
        List<MetricRow> read =
            MetricRow.TABLE.readAll(
                fs.getConf(), new org.apache.hadoop.fs.Path(folder(run), file.name()));
        read.forEach(row -> epochs.add(row.epoch()));
      }
      assertThat(epochs).as("death at call %d", number).containsExactly(1, 2, 3);
      Folders.delete(run);
    }
    assertThat(lost).as("deaths that leave no manifest").isPositive();
  }

  @Test
  void filesOfEarlierEpochsThatSomebodyDeletedOrCutOffAreLeftOutAndTheStageGoesOn()
      throws IOException {
    FileSystem fs = FaultyFileSystem.open();
    Path run = temporary.resolve("deleted");
    try (RunLock lock = lock(run)) {
      EpochFolder<List<MetricRow>> metrics = metrics(fs, run);
      for (int epoch = 1; epoch <= 3; epoch++) {
        metrics.write(epoch, rows(epoch), lock);
      }
      fs.delete(file(fs, run, 1), false);
      fs.create(file(fs, run, 2), true).close();

      assertThat(metrics.rowsBefore(4)).isEqualTo(1);
      Manifest manifest = metrics.write(4, rows(4), lock);

      manifest.verify(fs, folder(run), true);
      assertThat(manifest.files())
          .extracting(file -> file.name().substring(0, "epoch-00000".length()))
          .containsExactly("epoch-00003", "epoch-00004");
    }
  }

  private static org.apache.hadoop.fs.Path file(FileSystem fs, Path run, int epoch) {
    String name =
        Manifest.read(fs, folder(run)).file("epoch-%05d".formatted(epoch), ".parquet").name();
    return new org.apache.hadoop.fs.Path(folder(run), name);
  }

  private static RunLock lock(Path run) throws IOException {
    return RunLock.acquire(
        FaultyFileSystem.open(), FaultyFileSystem.path(run), "train", LockSettings.DEFAULT);
  }

  private static EpochFolder<List<MetricRow>> metrics(FileSystem fs, Path run) {
    return EpochFolder.ofTables(fs, folder(run), "metrics", MetricRow.TABLE);
  }

  private static org.apache.hadoop.fs.Path folder(Path run) {
    return FaultyFileSystem.path(run.resolve("metrics"));
  }

  private static List<MetricRow> rows(int epoch) {
    return List.of(new MetricRow("run", "contrast", epoch, 0, "train", "loss", 0.5 / epoch, 12));
  }
}
