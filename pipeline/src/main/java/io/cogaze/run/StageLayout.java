package io.cogaze.run;

import org.apache.hadoop.fs.Path;

/** Where everything of one stage lies; see {@link RunLayout}. */
public record StageLayout(Path folder) {

  /** Holds one folder an epoch. */
  public Path checkpoints() {
    return new Path(folder, "checkpoints");
  }

  /** The committed folder of an epoch; epochs count from 1, names have four digits or more. */
  public Path checkpoint(int epoch) {
    if (epoch < 1) {
      throw new IllegalArgumentException("Cannot name the checkpoint of epoch " + epoch);
    }
    return new Path(checkpoints(), "%04d".formatted(epoch));
  }

  /** Rounds and epochs with their losses. */
  public Path metrics() {
    return new Path(folder, "metrics");
  }

  /** Where the time of each round went. */
  public Path rounds() {
    return new Path(folder, "rounds");
  }

  /** Memory of each executor in each round. */
  public Path memory() {
    return new Path(folder, "memory");
  }
}
