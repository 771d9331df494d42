package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.Path;

/** Explains a file system that fails while a stage writes: what is kept, and what to do. */
final class WriteFailure {
  private static final long MEBI = 1 << 20;

  private WriteFailure() {}

  /**
   * Writes. Errors: {@link RunException} when the file system fails.
   *
   * @param what is done, in words: "write the checkpoint of epoch 3"
   * @param folder the stage's
   * @param kept epoch of the newest checkpoint that is whole, 0 if there is none
   */
  static <T> T explained(
      FileSystem fs, String stage, String what, Path folder, int kept, Supplier<T> write) {
    try {
      return write.get();
    } catch (UncheckedIOException | FSError e) {
      throw failure(fs, stage, what, folder, kept, e);
    } catch (RunException e) {
      if (e.getCause() instanceof IOException) {
        throw failure(fs, stage, what, folder, kept, e);
      }
      throw e;
    }
  }

  private static RunException failure(
      FileSystem fs, String stage, String what, Path folder, int kept, Throwable e) {
    Throwable innermost = e;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return new RunException(
        """
        Stage '%s' stopped: cannot %s in %s.
          cause: %s
          free:  %s
          kept:  %s
          fix:   make room, or make the folder writable and reachable again; then start the same command again: \
        it goes on %s"""
            .formatted(
                stage,
                what,
                folder,
                innermost.getMessage() == null ? innermost : innermost.getMessage(),
                free(fs, folder),
                kept(kept),
                kept == 0 ? "from the beginning of the stage" : "after epoch " + kept),
        e);
  }

  /** What there is of checkpoints, in words. */
  static String kept(int epoch) {
    return epoch == 0
        ? "finished stages; this one has no checkpoint yet"
        : "the checkpoint of epoch " + epoch;
  }

  private static String free(FileSystem fs, Path folder) {
    try {
      if (!fs.exists(folder)) {
        return "unknown, for the folder is gone";
      }
      FsStatus status = fs.getStatus(folder);
      return "%d MiB of %d MiB there"
          .formatted(status.getRemaining() / MEBI, status.getCapacity() / MEBI);
    } catch (IOException e) {
      return "unknown (" + e.getMessage() + ")";
    }
  }
}
