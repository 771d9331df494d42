package io.cogaze.jobs.bench;

import java.util.Locale;

/** What a step is. */
public enum Phase {
  /** Forward, loss, backward, and Adam's update. */
  TRAIN,
  /** Forward to probabilities, without a gradient. */
  INFERENCE;

  /** The name in tables and on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Phase ofLabel(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
