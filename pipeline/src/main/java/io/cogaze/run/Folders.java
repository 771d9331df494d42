package io.cogaze.run;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Folders that commands write to. */
public final class Folders {
  private Folders() {}

  /**
   * Makes a folder and those above it, if need be.
   *
   * <p>Errors: {@link ConfigurationException} when it, or one above it, is a file; {@link
   * RunException} when it cannot be made, with the file system's reason.
   */
  public static void make(FileSystem fs, Path folder) {
    try {
      for (Path at = folder; at != null; at = at.getParent()) {
        if (fs.exists(at)) {
          if (!fs.getFileStatus(at).isDirectory()) {
            throw new ConfigurationException(
                "Cannot write to %s: a part of this path is a file, and a folder is expected: %s\n  fix:   choose another folder"
                    .formatted(folder, at));
          }
          break;
        }
      }
      if (!fs.mkdirs(folder)) {
        // Hadoop's local file system keeps the cause to itself.
        throw cannotWrite(folder, new IOException("the folder cannot be made"));
      }
    } catch (IOException e) {
      throw cannotWrite(folder, e);
    }
  }

  /** The explanation of a folder that refuses what should be written to it. */
  static RunException cannotWrite(Path folder, IOException e) {
    return new RunException(
        """
        Cannot write to %s.
          cause: %s
          fix:   choose another folder, or make this one writable (permissions, a read-only file system, a full \
        disk, a link to nowhere)"""
            .formatted(folder, e),
        e);
  }

  /**
   * Makes sure that an output neither is nor lies in a folder that is read. Links are followed on
   * local disks.
   *
   * <p>Errors: {@link ConfigurationException}.
   *
   * @param what the output, in words, for instance "--output"
   * @param from the input, in words
   */
  public static void requireOutside(
      FileSystem fs, Path output, String what, FileSystem inputFs, Path input, String from) {
    if (!fs.getUri().equals(inputFs.getUri())) {
      return;
    }
    String out = place(fs, output);
    String in = place(inputFs, input);
    if (out.equals(in) || out.startsWith(in.endsWith("/") ? in : in + "/")) {
      throw new ConfigurationException(
          "Cannot write to %s: %s %s %s, %s.\n  fix:   choose a folder outside of it"
              .formatted(output, what, out.equals(in) ? "is" : "lies in", from, input));
    }
  }

  private static String place(FileSystem fs, Path folder) {
    Path full = fs.makeQualified(folder);
    if (!isLocal(fs)) {
      return full.toUri().getPath();
    }
    java.nio.file.Path path = local(full).normalize();
    try {
      java.nio.file.Path there = path;
      while (there.getParent() != null && !Files.exists(there)) {
        there = there.getParent();
      }
      return there.toRealPath().resolve(there.relativize(path)).normalize().toString();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder + ": " + e.getMessage(), e);
    }
  }

  private static boolean isLocal(FileSystem fs) {
    return fs.getUri().getScheme().equals("file");
  }

  private static java.nio.file.Path local(Path folder) {
    return java.nio.file.Path.of(folder.toUri().getPath());
  }
}
