package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.report.ReportRequest;
import io.cogaze.report.ReportResult;
import io.cogaze.report.ReportSettings;
import io.cogaze.report.Reporter;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.Summary;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Evaluations to one HTML page. */
@Command(
    name = "report",
    header = "Draws one self-contained HTML page about an evaluated run.",
    description = {
      "Metrics with intervals and floors, curves, examples with the true and the predicted gaze map, provenance.",
      "An older page is replaced."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze report --run run",
    })
final class ReportCommand extends AbstractCommand {
  @Option(names = "--run", required = true, paramLabel = "RUN", description = "Folder of the run.")
  private String run;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description = "Evaluated split (default: test, else valid, else train).")
  private String split;

  @Override
  void run(CogazeConfig config) throws Exception {
    ConfigBinder binder = config.binder();
    Supplier<ReportSettings> settings = binder.bind("report", ReportSettings.class);
    binder.check();
    Path folder = existingFolder(run, "--run");
    try (SparkSession spark = SparkSessions.open("report")) {
      ReportResult result = write(spark, folder, Optional.ofNullable(split), settings.get());
      out().println("Report: " + result.file());
      out().flush();
    }
  }

  /** Draws the page and notes it in the run's summary. */
  static ReportResult write(
      SparkSession spark, Path run, Optional<String> split, ReportSettings settings)
      throws IOException {
    PhaseTimer timer = new PhaseTimer();
    ReportResult result =
        timer.call("draw", () -> Reporter.run(spark, new ReportRequest(run, split), settings));
    FileSystem fileSystem = run.getFileSystem(hadoopConfiguration());
    Summary summary =
        Summary.of("report")
            .phases(timer)
            .count("examples_shown", result.examples())
            .detail("split", result.split())
            .file("report", Outputs.location(result.file()));
    Outputs.noteInRun(fileSystem, run, summary.toJson());
    return result;
  }
}
