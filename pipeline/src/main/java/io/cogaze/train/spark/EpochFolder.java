package io.cogaze.train.spark;

import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder of a stage that holds one file an epoch, listed by the folder's manifest. Writing an
 * epoch drops what was there of it and of later ones, so that a stage that goes on after a
 * checkpoint replaces what it does again.
 */
final class EpochFolder {
  private static final long NO_TABLE = -1;

  private final FileSystem fs;
  private final Path folder;
  private final String kind;
  private final String prefix;
  private final String suffix;

  /**
   * @param kind of the folder in its manifest
   * @param prefix of the files' names, followed by the epoch in five digits
   * @param suffix of the files' names; empty or with a dot
   */
  EpochFolder(FileSystem fs, Path folder, String kind, String prefix, String suffix) {
    this.fs = fs;
    this.folder = folder;
    this.kind = kind;
    this.prefix = prefix;
    this.suffix = suffix;
  }

  /** A folder of Parquet files. */
  static EpochFolder ofTables(FileSystem fs, Path folder, String kind) {
    return new EpochFolder(fs, folder, kind, "epoch-", ".parquet");
  }

  /** Adds an epoch's rows of a table. */
  <T> void write(int epoch, ParquetTable<T> table, List<T> rows, RunLock lock) {
    write(
        epoch,
        lock,
        commit -> {
          Path file = commit.newFile(name(epoch), suffix);
          try {
            WrittenFile written = table.writeAll(fs, file, StorageSettings.TABLE, rows);
            commit.add(
                new ManifestFile(
                    commit.relativeName(file),
                    written.sizeBytes(),
                    written.sha256(),
                    written.rows()));
          } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
          }
        });
  }

  /**
   * Adds an epoch's bytes. Hadoop puts no checksum file beside them on local disks: its name would
   * have theirs in it, and whoever looks for the one would find the other.
   */
  void write(int epoch, byte[] content, RunLock lock) {
    FileSystem target = fs instanceof ChecksumFileSystem local ? local.getRawFileSystem() : fs;
    write(
        epoch,
        lock,
        commit -> {
          Path file = commit.newFile(name(epoch), suffix);
          try (FSDataOutputStream out = target.create(file, false)) {
            out.write(content);
          } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
          }
          commit.add(
              new ManifestFile(
                  commit.relativeName(file), content.length, Sha256.of(content), NO_TABLE));
        });
  }

  /** Rows of all epochs before this one. */
  long rowsBefore(int epoch) {
    return Manifest.readIfPresent(fs, folder).stream()
        .mapToLong(manifest -> rowsBefore(manifest, epoch))
        .sum();
  }

  private long rowsBefore(Manifest manifest, int epoch) {
    long rows = 0;
    for (int earlier = 1; earlier < epoch; earlier++) {
      for (ManifestFile file : manifest.files(name(earlier), suffix)) {
        rows += file.rows().orElse(0);
      }
    }
    return rows;
  }

  private void write(int epoch, RunLock lock, Consumer<FolderCommit> content) {
    FolderCommit commit = FolderCommit.begin(fs, folder, kind).guardedBy(lock);
    Manifest.readIfPresent(fs, folder)
        .ifPresent(
            manifest -> {
              for (int earlier = 1; earlier < epoch; earlier++) {
                manifest.files(name(earlier), suffix).forEach(commit::add);
              }
            });
    content.accept(commit);
    commit.publish(Map.of("epochs", epoch));
    FolderCommit.removeLeftovers(fs, folder);
  }

  private String name(int epoch) {
    return String.format(Locale.ROOT, "%s%05d", prefix, epoch);
  }
}
