package io.cogaze.error;

/** Exit codes of every command; schedulers branch on them. */
public enum ExitCode {
  /** The command did what it was asked. */
  DONE(0),
  /**
   * The command line or the configuration is wrong, or does not fit what the output folder holds;
   * the same command fails again until it is corrected. What stages finished before stays.
   */
  CONFIGURATION(1),
  /** The input data are wrong, or too many records were quarantined. */
  INPUT(2),
  /** Anything else: a bug, the cluster, a full disk, another writer on the same folder. */
  FAILURE(3);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The number that the process exits with. */
  public int code() {
    return code;
  }
}
