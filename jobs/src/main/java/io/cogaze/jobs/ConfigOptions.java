package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigSource;
import io.cogaze.config.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options by which every command is configured. */
final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file (HOCON); may be repeated, later files win. Any Hadoop URI.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one configuration key, for instance train.seed=5; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--print-config",
      description =
          "Checks the configuration, prints it with where each value comes from, and ends.")
  private boolean print;

  boolean onlyPrint() {
    return print;
  }

  /** The configuration: defaults, then what the command brings, the files, and single keys. */
  CogazeConfig load(List<ConfigSource> ofCommand) {
    List<ConfigSource> sources = new ArrayList<>(ofCommand);
    for (String file : files) {
      sources.add(Paths.configSource(file, "--config"));
    }
    return CogazeConfig.load(LoadRequest.of(sources, overrides));
  }
}
