package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigSource;
import io.cogaze.config.LoadRequest;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What all commands share: the configuration options, and how paths and configurations are read.
 */
abstract class AbstractCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file (HOCON); may be repeated, later files win. Any Hadoop URI.")
  private List<String> configFiles = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one configuration key, for instance train.seed=5; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--print-config",
      description = "Prints the resolved configuration with where each value comes from, and ends.")
  private boolean printConfig;

  @Option(names = "--stacktrace", description = "Shows the stack trace of an input error too.")
  private boolean stackTrace;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli reads the annotation
  private boolean help;

  /** Whether a failure that is explained should show where it was raised all the same. */
  final boolean wantsStackTrace() {
    return stackTrace;
  }

  @Override
  public final Integer call() throws Exception {
    CogazeConfig config = loadConfig();
    if (printConfig) {
      out().println(config.renderExplained());
      out().flush();
      return 0;
    }
    run(config);
    return 0;
  }

  /** Does the command's work. */
  abstract void run(CogazeConfig config) throws Exception;

  /** The recipe that the configuration starts from; commands without one return nothing. */
  List<ConfigSource> recipeSources() throws IOException {
    return List.of();
  }

  /** Overrides that options of the command stand for; they are weaker than {@code --set}. */
  List<String> optionOverrides() throws IOException {
    return List.of();
  }

  private CogazeConfig loadConfig() throws IOException {
    List<ConfigSource> sources = new ArrayList<>(recipeSources());
    for (String file : configFiles) {
      sources.add(configSource(file, "--config"));
    }
    List<String> all = new ArrayList<>(optionOverrides());
    all.addAll(overrides);
    return CogazeConfig.load(LoadRequest.of(sources, all));
  }

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

  /** Where results for the user go. */
  final PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
