package io.cogaze.jobs;

import java.io.IOException;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Option;

/** The run folder that a command works on. */
final class RunOption {
  @Option(names = "--run", required = true, paramLabel = "RUN", description = "Folder of the run.")
  private String folder;

  /** The folder, which need not be there. */
  Path path() {
    return Paths.path(folder);
  }

  /** The folder, which must be there. */
  Path existing() throws IOException {
    return Paths.existingFolder(folder, "--run");
  }
}
