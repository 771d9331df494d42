package io.cogaze.run;

import org.apache.hadoop.fs.Path;

/** Where everything of one stage lies; see {@link RunLayout}. */
public record StageLayout(Path folder) {

  /** Holds one folder an epoch. */
  public Path checkpoints() {
    return new Path(folder, "checkpoints");
  }

  /** The committed folder of an epoch; epochs count from 0, names have four digits or more. */
  public Path checkpoint(int epoch) {
    if (epoch < 0) {
      throw new IllegalArgumentException("Cannot name the checkpoint of epoch " + epoch);
    }
    return new Path(checkpoints(), "%04d".formatted(epoch));
  }

  /** Rounds and epochs with their losses. */
  public Path metrics() {
    return new Path(folder, "metrics");
  }

  /** What the stage's last training did. */
  public Path summary() {
    return new Path(folder, Summary.FILE);
  }
}
