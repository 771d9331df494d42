package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import io.cogaze.preprocess.PreprocessRequest;
import io.cogaze.preprocess.PreprocessResult;
import io.cogaze.preprocess.PreprocessSettings;
import io.cogaze.preprocess.Preprocessor;
import io.cogaze.run.LockSettings;
import io.cogaze.shard.Split;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Data set folders to shards. */
@Command(
    name = "preprocess",
    header = "Turns a data set into sharded Parquet records.",
    description = {
      "Decodes the images, maps the gaze onto them, splits by patient, and writes shards with a manifest.",
      "Records that cannot be read go to quarantine/, records that lack something to warnings/."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze preprocess --input data --output shards --dataset egd-cxr",
    })
final class PreprocessCommand extends AbstractCommand {
  @Option(
      names = "--input",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the data set; docs/datasets.md shows its layout.")
  private String input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "SHARDS",
      description = "Folder for the shards.")
  private String output;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      defaultValue = "egd-cxr",
      description = "Name of the data set (default: ${DEFAULT-VALUE}).")
  private String dataset;

  @Option(
      names = "--overwrite",
      description = {
        "Decodes every image again and replaces the shards, also those of the same input and settings. Readers keep",
        "the old ones until the new are whole."
      })
  private boolean overwrite;

  @Override
  List<ConfigSource> configSources() throws IOException {
    return SyntheticScale.source(
        Paths.hadoopConfiguration(), Paths.existingFolder(input, "--input"));
  }

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<PreprocessSettings> settings = binder.bind("preprocess", PreprocessSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    return () -> preprocess(config, settings.get(), lock.get());
  }

  private void preprocess(CogazeConfig config, PreprocessSettings settings, LockSettings lock)
      throws IOException {
    Path from = Paths.existingFolder(input, "--input");
    Path to = Paths.path(output);
    try (SparkSession spark = SparkSessions.open("preprocess")) {
      PreprocessResult result =
          Preprocessor.run(
              spark,
              new PreprocessRequest(
                  dataset,
                  from.toUri(),
                  to.toUri(),
                  Stamps.of(config, "preprocess"),
                  config.render(),
                  overwrite,
                  lock),
              settings);
      print(out(), result);
    }
  }

  private static void reasons(PrintWriter out, String what, Map<String, Long> reasons, Path table) {
    if (reasons.isEmpty()) {
      return;
    }
    out.println("  " + what + ", each with file, row and fix in " + Outputs.location(table) + ":");
    reasons.forEach(
        (reason, count) -> out.println(String.format(Locale.ROOT, "    %7d x %s", count, reason)));
  }

  static void print(PrintWriter out, PreprocessResult result) {
    if (result.alreadyDone()) {
      out.println("The shards are there already, made from the same input with the same settings.");
    }
    for (Split split : Split.values()) {
      var counts = result.manifest().counts().get(split);
      out.println(
          String.format(
              Locale.ROOT,
              "  %-6s %7d examples of %6d patients, %7d with gaze %s",
              split.label(),
              counts.examples(),
              counts.patients(),
              counts.withGaze(),
              counts.perClass()));
    }
    Path folder = new Path(result.output());
    out.println(
        "  quarantined "
            + result.manifest().quarantined()
            + ", warnings "
            + result.manifest().warnings());
    reasons(out, "quarantined", result.quarantined(), new Path(folder, "quarantine"));
    reasons(out, "warnings", result.warnings(), new Path(folder, "warnings"));
    out.println("Shards: " + Outputs.location(new Path(result.output())));
    out.flush();
  }
}
