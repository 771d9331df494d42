package io.cogaze.jobs;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root command: it does nothing but list the others. */
@Command(
    name = "cogaze",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    header = "Learns from chest X-rays and radiologists' eye gaze. Not for clinical use.",
    synopsisHeading = "%nUsage: ",
    customSynopsis = "cogaze COMMAND [options] [-- spark-submit options]",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    footer = {
      "",
      "Exit codes: 0 done; 1 command line or configuration; 2 input data; 3 anything else.",
      "'cogaze COMMAND --help' explains a command and shows an example."
    },
    subcommands = {
      DemoCommand.class,
      SynthesizeCommand.class,
      PreprocessCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ReportCommand.class,
      InspectCommand.class,
      DoctorCommand.class
    })
final class CogazeCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "A command is missing; 'cogaze --help' lists them.");
  }
}
