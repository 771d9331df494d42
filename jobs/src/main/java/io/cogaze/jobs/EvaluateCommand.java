package io.cogaze.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.inference.EvaluateRequest;
import io.cogaze.inference.EvaluateResult;
import io.cogaze.inference.EvaluateSettings;
import io.cogaze.inference.Evaluator;
import io.cogaze.run.LockSettings;
import io.cogaze.shard.Split;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Checkpoints and shards to predictions and metrics. */
@Command(
    name = "evaluate",
    header = "Writes predictions and metrics of a run's finished stages.",
    description = {
      "Each metric comes with a bootstrap interval by patient and with its floor. The last stage's metrics stand in",
      "summary.json."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze evaluate --run run --shards shards --split test",
    })
final class EvaluateCommand extends AbstractCommand {
  @Mixin private RunOption run;
  @Mixin private ShardsOption shards;

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      defaultValue = "test",
      description = "train, valid or test (default: ${DEFAULT-VALUE}).")
  private String split;

  @Option(
      names = "--overwrite",
      description = {
        "Predicts with every finished stage again and replaces the split's predictions and metrics, also those of the",
        "same stages, shards and settings."
      })
  private boolean overwrite;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<EvaluateSettings> settings = binder.bind("evaluate", EvaluateSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    return () -> evaluate(config, settings.get(), lock.get());
  }

  private void evaluate(CogazeConfig config, EvaluateSettings settings, LockSettings lock)
      throws IOException {
    Split chosen = split(split);
    Path folder = run.existing();
    URI from = shards.existing();
    FileSystem fileSystem = folder.getFileSystem(Paths.hadoopConfiguration());
    try (SparkSession spark = SparkSessions.open("evaluate")) {
      EvaluateResult result =
          Evaluator.run(
              spark,
              new EvaluateRequest(
                  folder, from, chosen, List.of(), config.render(), overwrite, lock),
              settings,
              evaluated ->
                  Outputs.noteInRun(fileSystem, folder, evaluated.folder(), evaluated.summary()));
      print(out(), result);
    }
  }

  private static Split split(String label) {
    try {
      return Split.ofLabel(label.strip().toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("--split: " + e.getMessage(), e);
    }
  }

  static void print(PrintWriter out, EvaluateResult result) {
    if (result.alreadyDone()) {
      out.println(
          "The evaluation is there already, made from the same stages, shards and settings.");
    }
    for (JsonNode note : result.summary().path("notes")) {
      out.println("  note: " + note.asText());
    }
    out.println(String.format(Locale.ROOT, "  %-14s %8s %8s", "", "value", "floor"));
    for (String metric : Evaluator.SUMMARY_METRICS) {
      out.println(
          String.format(
              Locale.ROOT,
              "  %-14s %8s %8s",
              metric,
              shown(result.metric(metric)),
              shown(result.floor(metric))));
    }
    out.println("Evaluation: " + result.folder());
    out.flush();
  }

  private static String shown(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.4f", value.getAsDouble()) : "-";
  }
}
