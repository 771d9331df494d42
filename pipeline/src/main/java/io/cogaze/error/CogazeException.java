package io.cogaze.error;

/**
 * A failure that the user can act on. The message says what could not be done, the value, where
 * (file, row), the likely cause and the fix; no stack trace is needed to understand it, and none is
 * shown unless asked for.
 */
public abstract sealed class CogazeException extends RuntimeException
    permits ConfigurationException, InputException, RunException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  CogazeException(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The code that the process exits with when nobody handles this. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
