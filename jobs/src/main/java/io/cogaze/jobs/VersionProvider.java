package io.cogaze.jobs;

import io.cogaze.run.Versions;
import picocli.CommandLine.IVersionProvider;

/** Prints the versions that a bug report needs. */
final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return Versions.current().asMap().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .toArray(String[]::new);
  }
}
