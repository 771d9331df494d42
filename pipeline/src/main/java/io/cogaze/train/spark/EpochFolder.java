package io.cogaze.train.spark;

import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import io.cogaze.train.event.EventFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of a stage that holds one file an epoch, listed by the folder's manifest. Writing an
 * epoch drops what was there of it and of later ones, so that a stage that goes on after a
 * checkpoint replaces what it does again.
 *
 * @param <T> what an epoch's file holds
 */
final class EpochFolder<T> {
  private static final Logger LOG = LoggerFactory.getLogger(EpochFolder.class);
  private static final long NO_TABLE = -1;

  private final FileSystem fs;
  private final Path folder;
  private final String kind;
  private final Form<T> form;

  private EpochFolder(FileSystem fs, Path folder, String kind, Form<T> form) {
    this.fs = fs;
    this.folder = folder;
    this.kind = kind;
    this.form = form;
  }

  /** Parquet files of one table. */
  static <R> EpochFolder<List<R>> ofTables(
      FileSystem fs, Path folder, String kind, ParquetTable<R> table) {
    return new EpochFolder<>(fs, folder, kind, new Tables<>(table));
  }

  /** TensorBoard's event files. */
  static EpochFolder<byte[]> ofEvents(FileSystem fs, Path folder) {
    return new EpochFolder<>(fs, folder, "tensorboard", new Events());
  }

  /** Adds an epoch. */
  Manifest write(int epoch, T content, RunLock lock) {
    FolderCommit commit = FolderCommit.begin(fs, folder, kind).guardedBy(lock);
    earlier(epoch).forEach(commit::add);
    Path file = commit.newFile(name(epoch), form.suffix());
    try {
      WrittenFile written = form.write(fs, file, content);
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

  /** Rows of all epochs before this one. */
  long rowsBefore(int epoch) {
    return earlier(epoch).stream().mapToLong(file -> file.rows().orElse(0)).sum();
  }

  /** The files of the epochs before one. */
  private List<ManifestFile> earlier(int epoch) {
    Optional<Manifest> manifest = Manifest.readIfPresent(fs, folder);
    List<ManifestFile> files = new ArrayList<>();
    for (int earlier = 1; earlier < epoch; earlier++) {
      if (manifest.isPresent()) {
        manifest.get().files(name(earlier), form.suffix()).stream()
            .filter(this::isThere)
            .forEach(files::add);
      } else {
        whole(earlier).ifPresent(files::add);
      }
    }
    if (manifest.isEmpty() && !files.isEmpty()) {
      LOG.warn(
          "{} was lost, as when a process dies over writing it; found the files of {} epochs again",
          new Path(folder, Manifest.FILE),
          files.size());
    }
    return files;
  }

  /**
   * Whether a listed file is as it was written. These are records for people: whoever deletes old
   * event files must not keep the stage from going on.
   */
  private boolean isThere(ManifestFile file) {
    Path path = new Path(folder, file.name());
    try {
      if (fs.getFileStatus(path).getLen() == file.sizeBytes()) {
        return true;
      }
    } catch (FileNotFoundException e) {
      LOG.debug("No {}", path);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + path + ": " + e.getMessage(), e);
    }
    LOG.warn("{} was deleted or changed after it was written, and is left out from now on", path);
    return false;
  }

  /**
   * A file of an epoch that can be read to its end, where no manifest says which one counts: it is
   * replaced with every epoch, and a death in between leaves none.
   */
  private Optional<ManifestFile> whole(int epoch) {
    try {
      FileStatus[] found = fs.exists(folder) ? fs.listStatus(folder) : new FileStatus[0];
      Arrays.sort(found);
      String prefix = name(epoch) + "-";
      for (FileStatus status : found) {
        String name = status.getPath().getName();
        if (status.isFile() && name.startsWith(prefix) && name.endsWith(form.suffix())) {
          OptionalLong rows = form.rows(fs, status.getPath());
          if (rows.isPresent()) {
            return Optional.of(
                new ManifestFile(
                    name, status.getLen(), Sha256.of(fs, status.getPath()), rows.getAsLong()));
          }
          LOG.warn("Passing over {}, which was written in part", status.getPath());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder + ": " + e.getMessage(), e);
    }
  }

  private String name(int epoch) {
    return String.format(Locale.ROOT, "%s%05d", form.prefix(), epoch);
  }

  /** How an epoch's file is named, written and checked. */
  private interface Form<T> {
    /** What stands before the epoch. */
    String prefix();

    /** What stands after the random digits: empty, or with a dot. */
    String suffix();

    WrittenFile write(FileSystem fs, Path file, T content) throws IOException;

    /** The rows of a file that is whole, or {@link #NO_TABLE}; nothing of a part of a file. */
    OptionalLong rows(FileSystem fs, Path file) throws IOException;
  }

  private record Tables<R>(ParquetTable<R> table) implements Form<List<R>> {
    @Override
    public String prefix() {
      return "epoch-";
    }

    @Override
    public String suffix() {
      return ".parquet";
    }

    @Override
    public WrittenFile write(FileSystem fs, Path file, List<R> rows) throws IOException {
      return table.writeAll(fs, file, StorageSettings.TABLE, rows);
    }

    @Override
    public OptionalLong rows(FileSystem fs, Path file) {
      try {
        return OptionalLong.of(table.readAll(fs.getConf(), file).size());
      } catch (InputException e) {
        LOG.warn("{}", e.getMessage());
        return OptionalLong.empty();
      }
    }
  }

  /**
   * Hadoop puts no checksum file beside these on local disks: its name would have theirs in it, and
   * TensorBoard would take the one for the other. Their records have checksums of their own.
   */
  private record Events() implements Form<byte[]> {
    @Override
    public String prefix() {
      return "events.out.tfevents.";
    }

    @Override
    public String suffix() {
      return "";
    }

    @Override
    public WrittenFile write(FileSystem fs, Path file, byte[] content) throws IOException {
      FileSystem target = fs instanceof ChecksumFileSystem local ? local.getRawFileSystem() : fs;
      try (FSDataOutputStream out = target.create(file, false)) {
        out.write(content);
      }
      return new WrittenFile(content.length, Sha256.of(content), NO_TABLE);
    }

    @Override
    public OptionalLong rows(FileSystem fs, Path file) throws IOException {
      try (FSDataInputStream in = fs.open(file)) {
        return EventFile.isWhole(in.readAllBytes())
            ? OptionalLong.of(NO_TABLE)
            : OptionalLong.empty();
      }
    }
  }
}
