package io.cogaze.report;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes a page so that under its name there is an old one, none, or a whole new one, whenever the
 * writer is interrupted. The caller holds the lock of the run.
 */
final class PageFile {
  private static final String PART = ".part";

  private PageFile() {}

  /** Where the page is written before it is whole; an interrupted write leaves it. */
  static Path partOf(Path file) {
    return new Path(file.getParent(), "_" + file.getName() + PART);
  }

  static void write(FileSystem fs, Path file, String html) throws IOException {
    Path part = partOf(file);
    try (OutputStream out = fs.create(part, true)) {
      out.write(html.getBytes(StandardCharsets.UTF_8));
    }
    // Local disks replace the old page in one step; other file systems refuse to.
    if (!renamed(fs, part, file)) {
      fs.delete(file, false);
      if (!renamed(fs, part, file)) {
        throw new IOException("cannot rename " + part + " to " + file);
      }
    }
  }

  private static boolean renamed(FileSystem fs, Path from, Path to) throws IOException {
    try {
      return fs.rename(from, to);
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }
}
