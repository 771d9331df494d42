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
      "'cogaze COMMAND --help' explains a command and shows an example.",
      "",
      "The launcher ./cogaze also reads:",
      "  --dry-run   prints the spark-submit line and the memory sum, and starts nothing",
      "  -- OPTIONS  goes to spark-submit: -- --master yarn --num-executors 8 --executor-memory 8g",
      "",
      "Environment:",
      "  SPARK_HOME             a Spark 3.5.5 distribution to use (default: one that the build puts together)",
      "  SPARK_CONF_DIR         its configuration (default: SPARK_HOME/conf)",
      "  JAVA_HOME              a JDK 17 (default: java of the PATH)",
      "  COGAZE_MACHINE_MEMORY  what CoGaze may count on, for instance 16g (default: the machine's, or container's)",
      "  OMP_NUM_THREADS        native threads of one task (default: spark.task.cpus, else 1)",
      "  COGAZE_PSEUDONYM_KEY   key that preprocess hashes patients' ids with; set it for data of real patients",
      "  TERM, CI               TERM=dumb or any CI: no line that is drawn anew, as with --progress plain"
    },
    subcommands = {
      DemoCommand.class,
      SynthesizeCommand.class,
      PreprocessCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ReportCommand.class,
      InspectCommand.class,
      DoctorCommand.class,
      BenchCommand.class
    })
final class CogazeCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "A command is missing; 'cogaze --help' lists them.");
  }
}
