package io.cogaze.jobs;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures CoGaze itself. */
@Command(
    name = "bench",
    header = "Measures the engine: time and memory, side by side with PyTorch.",
    subcommands = {BenchEngineCommand.class, BenchMemoryCommand.class, BenchWorkerCommand.class},
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
