package io.cogaze.jobs;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures CoGaze itself. */
@Command(
    name = "bench",
    header = "Measures CoGaze: the engine beside PyTorch, averaging beside Deeplearning4j.",
    subcommands = {
      BenchEngineCommand.class,
      BenchMemoryCommand.class,
      BenchAveragingCommand.class,
      BenchRoundCommand.class,
      BenchScalingCommand.class,
      BenchWorkerCommand.class
    },
    footer = {
      "",
      "Example:",
      "  cogaze bench engine --case cooperative:320x256:2 --json",
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli reads the annotation
  private boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "What to measure is missing; 'cogaze bench --help' lists it.");
  }
}
