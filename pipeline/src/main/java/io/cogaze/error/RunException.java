package io.cogaze.error;

/**
 * The run cannot go on for a reason outside the input and the configuration, and the message
 * explains it in full: another writer, a full disk, a diverging loss.
 */
public final class RunException extends CogazeException {
  private static final long serialVersionUID = 1L;

  public RunException(String message) {
    this(message, null);
  }

  public RunException(String message, Throwable cause) {
    super(ExitCode.FAILURE, message, cause);
  }
}
