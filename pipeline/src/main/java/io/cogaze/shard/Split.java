package io.cogaze.shard;

import java.util.Locale;

/** The fold an example belongs to. Splits are by patient: no patient is in two of them. */
public enum Split {
  TRAIN,
  VALID,
  TEST;

  /** The name in files and on the command line: train, valid, test. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The split of a label. Errors: {@link IllegalArgumentException} that lists the known labels. */
  public static Split ofLabel(String label) {
    for (Split split : values()) {
      if (split.label().equals(label)) {
        return split;
      }
    }
    throw new IllegalArgumentException(
        "Unknown split '" + label + "', expected one of train, valid, test");
  }
}
