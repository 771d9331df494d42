package io.cogaze.jobs;

import io.cogaze.error.CogazeException;
import io.cogaze.error.ExitCode;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Puts the command tree together and turns every failure into one readable block and an exit code.
 */
final class CommandLineApplication {
  private CommandLineApplication() {}

  static CommandLine create() {
    return new CommandLine(new CogazeCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(CommandLineApplication::explainBadCommandLine)
        .setExecutionExceptionHandler(CommandLineApplication::explainFailure);
  }

  private static int explainBadCommandLine(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("cogaze: " + problem.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(problem, err);
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return ExitCode.CONFIGURATION.code();
  }

  private static int explainFailure(Exception failure, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    boolean showTrace =
        command.getCommand() instanceof AbstractCommand chosen && chosen.wantsStackTrace();
    String name = command.getCommandSpec().qualifiedName();
    CogazeException known = Failures.knownCause(failure);
    if (known != null) {
      err.println(name + ": " + known.getMessage());
      if (showTrace) {
        failure.printStackTrace(err);
      } else {
        err.println("(--stacktrace shows where this was raised)");
      }
      err.flush();
      return known.exitCode().code();
    }
    err.println(
        name + ": unexpected failure, which is a bug or a problem of the cluster: " + failure);
    failure.printStackTrace(err);
    err.flush();
    return ExitCode.FAILURE.code();
  }
}
