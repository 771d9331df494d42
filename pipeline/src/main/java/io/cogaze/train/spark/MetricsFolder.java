package io.cogaze.train.spark;

import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stage's metrics: a Parquet file an epoch, listed by the folder's manifest. */
final class MetricsFolder {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsFolder.class);
  private static final String KIND = "metrics";
  private static final String PARQUET = ".parquet";

  private final FileSystem fs;
  private final Path folder;

  MetricsFolder(FileSystem fs, Path folder) {
    this.fs = fs;
    this.folder = folder;
  }

  /** Adds an epoch; what was there of this or later epochs is dropped. */
  Manifest write(int epoch, List<MetricRow> rows, RunLock lock) {
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND).guardedBy(lock);
    earlier(epoch).forEach(commit::add);
    Path file = commit.newFile(prefix(epoch), PARQUET);
    try {
      WrittenFile written = MetricRow.TABLE.writeAll(fs, file, StorageSettings.TABLE, rows);
      commit.add(
          new ManifestFile(
              commit.relativeName(file), written.sizeBytes(), written.sha256(), written.rows()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
    Manifest manifest = commit.publish(Map.of("epochs", epoch));
    FolderCommit.removeLeftovers(fs, folder);
    return manifest;
  }

  /** The files of the epochs before one. */
  private List<ManifestFile> earlier(int epoch) {
    Optional<Manifest> manifest = Manifest.readIfPresent(fs, folder);
    List<ManifestFile> files = new ArrayList<>();
    for (int earlier = 1; earlier < epoch; earlier++) {
      if (manifest.isPresent()) {
        files.addAll(manifest.get().files(prefix(earlier), PARQUET));
      } else {
        whole(earlier).ifPresent(files::add);
      }
    }
    if (manifest.isEmpty() && !files.isEmpty()) {
      LOG.warn(
          "{} was lost, as when a process dies over writing it; found the metrics of {} epochs again",
          new Path(folder, Manifest.FILE),
          files.size());
    }
    return files;
  }

  /**
   * A file of an epoch that can be read to its end, where no manifest says which one counts: it is
   * replaced with every epoch, and a death in between leaves none.
   */
  private Optional<ManifestFile> whole(int epoch) {
    try {
      FileStatus[] found = fs.listStatus(folder);
      Arrays.sort(found);
      for (FileStatus status : found) {
        String name = status.getPath().getName();
        if (FolderCommit.isNamed(name, prefix(epoch), PARQUET)) {
          OptionalLong rows = rows(status.getPath());
          if (rows.isPresent()) {
            return Optional.of(
                new ManifestFile(
                    name, status.getLen(), Sha256.of(fs, status.getPath()), rows.getAsLong()));
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder + ": " + e.getMessage(), e);
    }
  }

  private OptionalLong rows(Path file) {
    try {
      return OptionalLong.of(MetricRow.TABLE.readAll(fs.getConf(), file).size());
    } catch (InputException e) {
      LOG.warn("Passing over half-written metrics: {}", e.getMessage());
      return OptionalLong.empty();
    }
  }

  private static String prefix(int epoch) {
    return String.format(Locale.ROOT, "epoch-%05d", epoch);
  }
}
