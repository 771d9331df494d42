package io.cogaze.jobs;

import io.cogaze.error.CogazeException;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.io.File;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;

/**
 * Finds the failure that the user can act on behind the wrappers that Spark, Hadoop and Java put
 * around it.
 */
final class Failures {
  private static final long MEBI = 1L << 20;

  private Failures() {}

  /** The first CoGaze exception in the chain of causes, or null when there is none. */
  static CogazeException knownCause(Throwable failure) {
    for (Throwable t : chain(failure)) {
      if (t instanceof CogazeException known) {
        return known;
      }
    }
    return null;
  }

  /**
   * What is to be said of a failure: CoGaze's own words where it has some, else those for a lack
   * that Java or the file system reports. Empty for what is not known.
   *
   * @param command name of the command
   * @param folders where the command writes, for the free space of each
   */
  static Optional<CogazeException> explain(
      Throwable failure, String command, List<String> folders) {
    CogazeException known = knownCause(failure);
    if (known != null) {
      return Optional.of(known);
    }
    List<Throwable> chain = chain(failure);
    String text = text(chain);
    String cannot = "Cannot finish " + command + ": ";
    String said = "\n  said:  " + innermost(chain);
    if (has(chain, OutOfMemoryError.class) || text.contains("java.lang.OutOfMemoryError")) {
      return Optional.of(
          new RunException(
              cannot
                  + "the memory does not suffice."
                  + said
                  + "\n  cause: Java's heap or the memory for native arrays is smaller than this input needs"
                  + "\n  fix:   more memory behind the --, for example: -- --driver-memory 8g"
                  + " (arrays: --conf spark.cogaze.offHeapMemory=8g); or smaller pictures or batches",
              failure));
    }
    if (text.contains("No space left on device") || text.contains("Disk quota exceeded")) {
      return Optional.of(
          new RunException(
              cannot
                  + "a disk is full."
                  + said
                  + "\n  free:  "
                  + free(folders)
                  + "\n  fix:   make room there, or another --output or --run; Spark's temporary files go where"
                  + " SPARK_LOCAL_DIRS points. Then the same command again: finished work is kept",
              failure));
    }
    if (text.contains("Read-only file system")) {
      return Optional.of(
          new RunException(
              cannot
                  + "a file system is mounted read-only."
                  + said
                  + "\n  wrote: "
                  + String.join(", ", folders)
                  + "\n  fix:   an --output or --run on a disk that can be written to",
              failure));
    }
    if (has(chain, AccessControlException.class)
        || has(chain, AccessDeniedException.class)
        || text.contains("Permission denied")) {
      return Optional.of(
          new RunException(
              cannot
                  + "this user may not read or write a file or folder."
                  + said
                  + "\n  fix:   change its permissions or owner, or give another folder",
              failure));
    }
    if (has(chain, ParentNotDirectoryException.class)
        || text.contains("Parent path is not a directory")
        || text.contains("Not a directory")) {
      return Optional.of(
          new ConfigurationException(
              cannot
                  + "a part of a path is a file, and a folder is expected."
                  + said
                  + "\n  fix:   give a folder that is there or can be made",
              failure));
    }
    if (has(chain, UnsupportedFileSystemException.class)
        || text.contains("No FileSystem for scheme")) {
      return Optional.of(
          new ConfigurationException(
              cannot
                  + "no file system for a path's scheme is on the class path."
                  + said
                  + "\n  fix:   correct the path, or point SPARK_HOME at a Spark that has this file system",
              failure));
    }
    if (text.contains("has to be >= the number of cpus per task")) {
      return Optional.of(
          new ConfigurationException(
              cannot
                  + "no executor has the cores that a task asks for."
                  + said
                  + "\n  fix:   a smaller spark.task.cpus, or more cores for each executor (--executor-cores;"
                  + " local[N]; the second number of local-cluster[E,C,M])",
              failure));
    }
    if (text.contains("SparkContext was shut down") || text.contains("stopped SparkContext")) {
      return Optional.of(
          new RunException(
              cannot
                  + "Spark was stopped while it worked."
                  + "\n  cause: a signal ended this process (Ctrl-C, a scheduler, kill), or the cluster ended the"
                  + " application"
                  + "\n  fix:   the same command again: finished work is kept",
              failure));
    }
    if (has(chain, FSError.class)) {
      return Optional.of(
          new RunException(
              cannot
                  + "the local file system failed."
                  + said
                  + "\n  free:  "
                  + free(folders)
                  + "\n  fix:   check the disk; then the same command again: finished work is kept",
              failure));
    }
    return Optional.empty();
  }

  private static boolean has(List<Throwable> chain, Class<?> type) {
    return chain.stream().anyMatch(type::isInstance);
  }

  private static String text(List<Throwable> chain) {
    StringBuilder text = new StringBuilder();
    chain.forEach(t -> text.append(t).append('\n'));
    return text.toString();
  }

  /** The first line of every message, outermost first, each once: paths stand in the outer ones. */
  private static String innermost(List<Throwable> chain) {
    Set<String> lines = new LinkedHashSet<>();
    for (Throwable t : chain) {
      String message = t.getMessage() == null ? t.getClass().getName() : t.getMessage();
      String line = message.lines().findFirst().orElse(t.getClass().getName()).strip();
      boolean told = lines.stream().anyMatch(other -> other.contains(line) || line.contains(other));
      if (!told) {
        lines.add(line);
      }
    }
    return String.join("; ", lines);
  }

  /** Of each folder on a local disk, and of the place of temporary files. */
  private static String free(List<String> folders) {
    List<String> places = new ArrayList<>(folders);
    String local = System.getenv("SPARK_LOCAL_DIRS");
    places.add(local == null ? System.getProperty("java.io.tmpdir") : local);
    List<String> lines = new ArrayList<>();
    for (String place : places) {
      File there = new File(place.replaceFirst("^file:(//)?", "")).getAbsoluteFile();
      while (there != null && !there.exists()) {
        there = there.getParentFile();
      }
      if (there != null && !place.matches("[a-z0-9]{2,}://.*")) {
        lines.add(place + " " + there.getUsableSpace() / MEBI + " MiB");
      }
    }
    return String.join(", ", lines);
  }

  private static List<Throwable> chain(Throwable failure) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Throwable> chain = new ArrayList<>();
    for (Throwable t = failure; t != null && seen.add(t); t = t.getCause()) {
      chain.add(t);
    }
    return chain;
  }
}
