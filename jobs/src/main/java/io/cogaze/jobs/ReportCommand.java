package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.report.ReportRequest;
import io.cogaze.report.ReportResult;
import io.cogaze.report.ReportSettings;
import io.cogaze.report.Reporter;
import io.cogaze.run.LockSettings;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.RunLock;
import io.cogaze.run.Summary;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  @Mixin private RunOption run;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      description = "Evaluated split (default: test, else valid, else train).")
  private String split;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<ReportSettings> settings = binder.bind("report", ReportSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    return () -> report(settings.get(), lock.get());
  }

  private void report(ReportSettings settings, LockSettings lock) throws IOException {
    Path folder = run.existing();
    try (SparkSession spark = SparkSessions.open("report")) {
      ReportResult result = write(spark, folder, Optional.ofNullable(split), settings, lock);
      out().println("Report: " + result.file());
      out().flush();
    }
  }

  /**
   * Draws the page and notes it in the run's summary. Nobody else may write to the run folder
   * meanwhile: a page that changes under its reader, or a summary that loses what another command
   * notes, would be worse than to wait.
   */
  static ReportResult write(
      SparkSession spark,
      Path run,
      Optional<String> split,
      ReportSettings settings,
      LockSettings lockSettings)
      throws IOException {
    FileSystem fileSystem = run.getFileSystem(Paths.hadoopConfiguration());
    PhaseTimer timer = new PhaseTimer();
    try (RunLock lock = RunLock.acquire(fileSystem, run, "report", lockSettings)) {
      ReportResult result =
          timer.call("draw", () -> Reporter.run(spark, new ReportRequest(run, split), settings));
      lock.check();
      Outputs.noteInRun(fileSystem, run, summary(run, result, timer).toJson());
      return result;
    }
  }

  private static Summary summary(Path run, ReportResult result, PhaseTimer timer) {
    return Summary.of("report")
        .phases(timer)
        .count("examples_shown", result.examples())
        .detail("split", result.split())
        .file("report", Outputs.relative(run, result.file()));
  }
}
