package io.cogaze.jobs;

import java.io.IOException;
import java.net.URI;
import picocli.CommandLine.Option;

/** The shards that a command reads. */
final class ShardsOption {
  @Option(
      names = "--shards",
      required = true,
      paramLabel = "SHARDS",
      description = "Folder that preprocess wrote.")
  private String folder;

  /** The folder, which must be there. */
  URI existing() throws IOException {
    return Paths.existingFolder(folder, "--shards").toUri();
  }
}
