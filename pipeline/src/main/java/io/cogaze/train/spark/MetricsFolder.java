package io.cogaze.train.spark;

import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLock;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A stage's metrics: a Parquet file an epoch, listed by the folder's manifest. */
final class MetricsFolder {
  private static final String KIND = "metrics";
  private static final String PARQUET = ".parquet";

  private final FileSystem fs;
  private final Path folder;

  MetricsFolder(FileSystem fs, Path folder) {
    this.fs = fs;
    this.folder = folder;
  }

  /** Adds an epoch; what was there of this or later epochs is dropped. */
  void write(int epoch, List<MetricRow> rows, RunLock lock) {
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND).guardedBy(lock);
    Manifest.readIfPresent(fs, folder)
        .ifPresent(
            manifest -> {
              for (int earlier = 1; earlier < epoch; earlier++) {
                manifest.files(prefix(earlier), PARQUET).forEach(commit::add);
              }
            });
    Path file = commit.newFile(prefix(epoch), PARQUET);
    try {
      WrittenFile written = MetricRow.TABLE.writeAll(fs, file, StorageSettings.TABLE, rows);
      commit.add(
          new ManifestFile(
              commit.relativeName(file), written.sizeBytes(), written.sha256(), written.rows()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
    commit.publish(Map.of("epochs", epoch));
    FolderCommit.removeLeftovers(fs, folder);
  }

  private static String prefix(int epoch) {
    return String.format(Locale.ROOT, "epoch-%05d", epoch);
  }
}
