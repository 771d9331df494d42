package io.cogaze.jobs;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The Python that a benchmark's peer runs in. */
final class PeerOptions {
  @Option(
      names = "--cache",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description =
          "Folder for the Python environment and logs, on this machine (default:"
              + " ${DEFAULT-VALUE}).")
  private String cache;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "A Python that has PyTorch; no environment is made then.")
  private String python;

  Path cache() {
    return Path.of(cache).toAbsolutePath();
  }

  Optional<String> python() {
    return Optional.ofNullable(python);
  }
}
