package io.cogaze.jobs;

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
    int code = CommandLineApplication.create().execute(args);
    if (code != 0) {
      System.exit(code);
    }
  }
}
