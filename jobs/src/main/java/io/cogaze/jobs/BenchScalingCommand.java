package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.jobs.bench.BenchFolder;
import io.cogaze.jobs.bench.ScalingBenchmark;
import io.cogaze.jobs.bench.ScalingPoint;
import io.cogaze.jobs.bench.ScalingTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What averaging adds as workers are added. */
@Command(
    name = "scaling",
    header =
        "Times averaging rounds without computing at 1, 2, 4 and 8 worker JVMs, and counts bytes.",
    description = {
      "For each number of workers a cluster of that many JVMs on this machine, which share its"
          + " cores; a state of about",
      "4 MB. Then what the traffic of the full-size network takes with up to 256 workers at stated"
          + " bandwidths, from bytes",
      "and bandwidth alone, beside a ring all-reduce."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze bench scaling --workers 1,2,4 --json",
    })
final class BenchScalingCommand extends AbstractCommand {
  @Option(
      names = "--workers",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,2,4,8",
      description = "Numbers of workers (default: ${DEFAULT-VALUE}).")
  private List<Integer> workers = new ArrayList<>();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Rounds that count, after two that do not (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--executor-memory",
      paramLabel = "MIB",
      defaultValue = "512",
      description = "Heap of each worker's JVM (default: ${DEFAULT-VALUE}).")
  private int executorMemory;

  @Mixin private BenchOutput output;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::measure;
  }

  private void measure() throws Exception {
    if (rounds < 1 || workers.isEmpty() || workers.stream().anyMatch(count -> count < 1)) {
      throw new ConfigurationException(
          "--rounds and --workers must be at least 1, but are " + rounds + " and " + workers + ".");
    }
    BenchFolder folder = output.folder();
    List<ScalingPoint> points = new ArrayList<>();
    for (int count : workers) {
      try (SparkSession spark =
          SparkSessions.open(
              "bench scaling",
              Map.of(
                  "spark.master",
                  "local-cluster[" + count + ",1," + executorMemory + "]",
                  "spark.executor.memory",
                  executorMemory + "m"))) {
        points.add(
            ScalingBenchmark.measure(
                JavaSparkContext.fromSparkContext(spark.sparkContext()), count, rounds));
      }
      if (output.json()) {
        out().println(points.get(points.size() - 1).toJson());
        out().flush();
      }
      folder.write("scaling", List.of(ScalingPoint.table(points)));
    }
    if (!output.json()) {
      ScalingTable.print(out(), points);
      ScalingTable.printProjection(out(), ScalingTable.FULL_SIZE);
      out().println("Table: " + folder);
      out().flush();
    }
  }
}
