package io.cogaze.jobs;

import io.cogaze.config.ConfigSource;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.Charset;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;

/** Paths as users type them. */
final class Paths {
  private Paths() {}

  static ConfigSource configSource(String file, String option) {
    Path path = path(file);
    try {
      return ConfigSource.stream(file, path.getFileSystem(hadoopConfiguration()).open(path));
    } catch (FileNotFoundException e) {
      throw new ConfigurationException(
          "Cannot read the configuration file '"
              + file
              + "' of "
              + option
              + ": there is no such file.",
          e);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read the configuration file '" + file + "' of " + option + ": " + e.getMessage(),
          e);
    }
  }

  /** The Hadoop configuration with the spark.hadoop.* properties of the submission. */
  static Configuration hadoopConfiguration() {
    return SparkHadoopUtil.get().conf();
  }

  /** A path as the user typed it; blanks and relative paths are fine. */
  static Path path(String typed) {
    if (typed.isBlank()) {
      throw new ConfigurationException("A path on the command line is empty.");
    }
    refuseWhatTheLocaleCannotName(typed, System.getProperty("sun.jnu.encoding", "UTF-8"));
    try {
      Path path = new Path(typed);
      FileSystem fileSystem = path.getFileSystem(hadoopConfiguration());
      return fileSystem.makeQualified(path);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot understand the path '" + typed + "': " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      // Hadoop wraps a file system's missing class in a bare RuntimeException.
      throw new ConfigurationException(
          "Cannot reach the file system of '"
              + typed
              + "': "
              + e.getMessage()
              + "\n  cause: the scheme is wrong, or its file system is not on the class path (the built-in"
              + " Spark has local disks and HDFS only)"
              + "\n  fix:   correct the path, or point SPARK_HOME at a Spark 3.5.5 that has this file system",
          e);
    }
  }

  /**
   * Java gives the system other names than it was given where the locale's encoding lacks a
   * character: two folders would become one.
   */
  static void refuseWhatTheLocaleCannotName(String typed, String encoding) {
    boolean lost = typed.indexOf('\uFFFD') >= 0;
    boolean local = !typed.matches("[A-Za-z][A-Za-z0-9+.-]+://.*");
    if (!lost && (!local || Charset.forName(encoding).newEncoder().canEncode(typed))) {
      return;
    }
    throw new ConfigurationException(
        "Cannot use the path '"
            + typed
            + "': Java cannot give the system this name."
            + "\n  cause: the locale's encoding is "
            + encoding
            + ", which lacks some of its characters"
            + "\n  fix:   set a UTF-8 locale first, for example: export LC_ALL=C.UTF-8");
  }

  /** Like {@link #path}, for a folder that must exist. */
  static Path existingFolder(String typed, String option) throws IOException {
    Path path = path(typed);
    FileSystem fileSystem = path.getFileSystem(hadoopConfiguration());
    if (!fileSystem.exists(path)) {
      throw new InputException(
          "Cannot read "
              + option
              + " '"
              + typed
              + "': there is no such folder (looked at "
              + path
              + ").");
    }
    if (!fileSystem.getFileStatus(path).isDirectory()) {
      throw new InputException(
          "Cannot read " + option + " '" + typed + "': it is a file, and a folder is expected.");
    }
    return path;
  }
}
