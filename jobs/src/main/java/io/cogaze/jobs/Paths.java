package io.cogaze.jobs;

import io.cogaze.config.ConfigSource;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
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
    try {
      Path path = new Path(typed);
      FileSystem fileSystem = path.getFileSystem(hadoopConfiguration());
      return fileSystem.makeQualified(path);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot understand the path '" + typed + "': " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot reach the file system of '"
              + typed
              + "': "
              + e.getMessage()
              + ". Is the URI's scheme right, and is its file system on the class path?",
          e);
    }
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
