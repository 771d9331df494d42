package io.cogaze.error;

/** The input data are wrong. The message names the file, the row and the fix. */
public final class InputException extends CogazeException {
  private static final long serialVersionUID = 1L;

  public InputException(String message) {
    this(message, null);
  }

  public InputException(String message, Throwable cause) {
    super(ExitCode.INPUT, message, cause);
  }
}
