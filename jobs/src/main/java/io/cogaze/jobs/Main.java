package io.cogaze.jobs;

import io.cogaze.error.ExitCode;

/** Entry point for spark-submit and for {@code java -jar}. The only place that ends the JVM. */
public final class Main {
  private Main() {}

  /**
   * Runs one command.
   *
   * <p>A failure must reach the scheduler as the exit code. Success returns from {@code main}
   * instead, because YARN reads an early {@link System#exit} as an application that died.
   */
  public static void main(String[] args) {
    int code = run(args);
    if (code != 0) {
      System.exit(code);
    }
  }

  /** An error that even the explanation of a failure met must not end as exit code 1. */
  private static int run(String[] args) {
    try {
      return CommandLineApplication.create().execute(args);
    } catch (Throwable e) {
      e.printStackTrace();
      return ExitCode.FAILURE.code();
    }
  }
}
