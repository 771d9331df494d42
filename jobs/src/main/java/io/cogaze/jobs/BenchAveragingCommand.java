package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.jobs.bench.AveragingBenchmark;
import io.cogaze.jobs.bench.AveragingEpoch;
import io.cogaze.jobs.bench.AveragingTable;
import io.cogaze.jobs.bench.BenchFolder;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** CoGaze's training master against the one that Deeplearning4j brings. */
@Command(
    name = "averaging",
    header =
        "Trains by CoGaze's master and by Deeplearning4j's, on the same batches, and compares.",
    description = {
      "A small DenseNet on pictures that the command makes, with the same layers, first parameters,"
          + " batches, workers,",
      "averaging frequency and Adam, whose rate falls linearly; the stock master with Kryo, Direct"
          + " mode and saveUpdater(true).",
      "Each at its own best of the learning rates, chosen on other pictures. The two take turns, epoch"
          + " by epoch. Held-out loss: CoGaze over stock, below 1 is better; wall time: stock over"
          + " CoGaze, above 1 is faster."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze bench averaging --seeds 3 --json",
    })
final class BenchAveragingCommand extends AbstractCommand {
  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "12",
      description = "How many seeds (default: ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "4",
      description = "Epochs of each (default: ${DEFAULT-VALUE}).")
  private int epochs;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Averaging workers (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Examples of a batch (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--frequency",
      paramLabel = "N",
      defaultValue = "4",
      description = "Batches of a worker between two averagings (default: ${DEFAULT-VALUE}).")
  private int frequency;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "1080",
      description = "Examples of an epoch (default: ${DEFAULT-VALUE}).")
  private int examples;

  @Option(
      names = "--held-out",
      paramLabel = "N",
      defaultValue = "256",
      description = "Examples that the loss is measured on (default: ${DEFAULT-VALUE}).")
  private int heldOut;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "64",
      description = "Height and width of the pictures (default: ${DEFAULT-VALUE}).")
  private int size;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE[,RATE...]",
      split = ",",
      defaultValue = "1e-3,3e-3,1e-2",
      description =
          "Of Adam in the first epoch; of several, each master uses its own best (default:"
              + " ${DEFAULT-VALUE}).")
  private List<Double> learningRates;

  @Mixin private BenchOutput output;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::measure;
  }

  private void measure() throws Exception {
    AveragingBenchmark.Settings settings =
        new AveragingBenchmark.Settings(
            seeds, epochs, workers, batch, frequency, examples, heldOut, size, learningRates);
    BenchFolder folder = output.folder();
    List<AveragingEpoch> measured;
    try (SparkSession spark = SparkSessions.open("bench averaging")) {
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      measured =
          new AveragingBenchmark(context, settings)
              .run(
                  epoch -> {
                    if (output.json()) {
                      out().println(epoch.toJson());
                      out().flush();
                    }
                  });
      folder.write("averaging", List.of(AveragingEpoch.table(measured)));
    }
    if (output.json()) {
      out().println(AveragingTable.summary(measured));
    } else {
      AveragingTable.print(out(), measured);
      out().println("Table: " + folder);
    }
    out().flush();
  }
}
