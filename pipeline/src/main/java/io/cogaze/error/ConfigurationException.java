package io.cogaze.error;

/**
 * The command line or the configuration is wrong. The message lists every problem found, each with
 * file and line.
 */
public final class ConfigurationException extends CogazeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    this(message, null);
  }

  public ConfigurationException(String message, Throwable cause) {
    super(ExitCode.CONFIGURATION, message, cause);
  }
}
