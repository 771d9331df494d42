package io.cogaze.jobs;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * Runs commands inside the test's own JVM, by the same command line as {@link Main}: seconds faster
 * than a process of its own. Lies in this package because nothing else may take the command line
 * apart.
 */
public final class InProcess {
  private InProcess() {}

  /**
   * What a command left.
   *
   * @param exitCode its exit code
   * @param out what it wrote for the user
   * @param err what it wrote about failures
   */
  public record Result(int exitCode, String out, String err) {}

  /** Runs one command on {@code local[2]}. */
  public static synchronized Result run(Object... words) {
    String[] args = new String[words.length];
    for (int i = 0; i < args.length; i++) {
      args[i] = words[i].toString();
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = CommandLineApplication.create();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    String before = System.getProperty("spark.master");
    System.setProperty("spark.master", "local[2]");
    try {
      return new Result(command.execute(args), out.toString(), err.toString());
    } finally {
      if (before == null) {
        System.clearProperty("spark.master");
      } else {
        System.setProperty("spark.master", before);
      }
    }
  }
}
