package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.run.ConfigStamp;

/** What an output folder remembers of the configuration that made it. */
final class Stamps {
  private Stamps() {}

  /** Hash and values of these blocks of the configuration. */
  static ConfigStamp of(CogazeConfig config, String... paths) {
    return new ConfigStamp(config.hash(paths), config.values(paths));
  }
}
