package io.cogaze.jobs;

import io.cogaze.jobs.bench.BenchFolder;
import java.io.IOException;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a benchmark's results go. */
final class BenchOutput {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Prints one JSON object for each result.")
  private boolean json;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "Folder for the Parquet tables; an older benchmark in it is replaced (default:"
              + " target/bench/${COMMAND-NAME}).")
  private String output;

  boolean json() {
    return json;
  }

  /** Errors: {@link io.cogaze.error.InputException} when the folder holds something else. */
  BenchFolder folder() throws IOException {
    Path folder = Paths.path(output == null ? "target/bench/" + command.name() : output);
    return BenchFolder.of(folder.getFileSystem(Paths.hadoopConfiguration()), folder);
  }
}
