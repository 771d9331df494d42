package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.jobs.bench.BenchCase;
import io.cogaze.jobs.bench.BenchFolder;
import io.cogaze.jobs.bench.MeasuredRound;
import io.cogaze.jobs.bench.RoundBenchmark;
import io.cogaze.jobs.bench.RoundTable;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What averaging costs beside computing. */
@Command(
    name = "round",
    header = "Times averaging rounds of a network, and all-reduces of the same bytes by gloo.",
    description = {
      "Whole rounds: the state goes to the workers, they train, their states are averaged. After"
          + " each round PyTorch's",
      "gloo sums as many bytes between as many processes. --payload-only leaves the training out,"
          + " which is labelled.",
      "The first time, a Python environment with PyTorch is made under --cache, from PyPI or what"
          + " PIP_INDEX_URL names."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze bench round --case cooperative:320x256:2 --batches 10",
    })
final class BenchRoundCommand extends AbstractCommand {
  @Option(
      names = "--case",
      paramLabel = "NETWORK:HxW:BATCH",
      defaultValue = "cooperative:320x256:2",
      description = "What is trained (default: ${DEFAULT-VALUE}).")
  private String subject;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Averaging workers (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--batches",
      paramLabel = "N",
      defaultValue = "10",
      description = "Batches of each worker in a round (default: ${DEFAULT-VALUE}).")
  private int batches;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds that count, after one that does not (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--slices",
      paramLabel = "N",
      defaultValue = "0",
      description = "Slices that states are cut into; 0: as many as fit their size (default).")
  private int slices;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Native threads of each worker (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(names = "--payload-only", description = "Workers carry the state and do not train.")
  private boolean payloadOnly;

  @Option(
      names = "--simulated-examples",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "The driver holds the index and the plan of a made-up manifest of so many examples"
              + " meanwhile (default: none).")
  private int simulatedExamples;

  @Option(names = "--no-peer", description = "Without the all-reduces.")
  private boolean noPeer;

  @Mixin private BenchOutput output;

  @Mixin private PeerOptions peer;

  @Option(
      names = "--tiny",
      hidden = true,
      description = "A copy with a handful of channels: proves the way, not the speed.")
  private boolean tiny;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::measure;
  }

  private void measure() throws Exception {
    BenchCase chosen = BenchCase.parse(subject);
    RoundBenchmark.Settings settings =
        new RoundBenchmark.Settings(
            tiny ? chosen.tiny() : chosen,
            workers,
            batches,
            rounds,
            slices,
            threads,
            !payloadOnly,
            simulatedExamples,
            !noPeer,
            peer.cache(),
            peer.python());
    BenchFolder folder = output.folder();
    List<MeasuredRound> measured;
    try (SparkSession spark = SparkSessions.open("bench round")) {
      measured =
          new RoundBenchmark(JavaSparkContext.fromSparkContext(spark.sparkContext()), settings)
              .run(
                  round -> {
                    if (output.json()) {
                      out().println(round.toJson());
                      out().flush();
                    }
                  });
      folder.write("round", List.of(MeasuredRound.table(measured)));
    }
    if (output.json()) {
      out().println(RoundTable.summary(measured));
      out().flush();
    } else {
      RoundTable.print(out(), measured);
      out().println("Table: " + folder);
      out().flush();
    }
  }
}
