package io.cogaze.jobs;

import picocli.CommandLine.Option;

/** What every command lets its user choose about what is shown. */
final class CommonOptions {
  @Option(
      names = "--progress",
      paramLabel = "auto|plain|none",
      defaultValue = "auto",
      description = {
        "How work under way is shown: auto, one line that is drawn anew where standard error is a terminal, else as",
        "plain; plain, lines of the log; none, not at all (default: auto)."
      })
  private ProgressMode progress;

  @Option(names = "--stacktrace", description = "Shows the stack trace of an input error too.")
  private boolean stackTrace;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli reads the annotation
  private boolean help;

  ProgressMode progress() {
    return progress;
  }

  boolean stackTrace() {
    return stackTrace;
  }
}
