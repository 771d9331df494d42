package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import io.cogaze.run.LockSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.spark.StageTrainer;
import io.cogaze.train.spark.TrainRequest;
import io.cogaze.train.spark.TrainResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shards to checkpoints. */
@Command(
    name = "train",
    header = "Trains the stages of a recipe by parameter averaging over Spark.",
    description = {
      "A run folder that exists is continued: finished stages are not run again, an interrupted stage goes on after",
      "its last complete checkpoint."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze train --recipe cooperative-small --shards shards --run run \\",
      "      --set train.seed=5",
    })
final class TrainCommand extends AbstractCommand {
  @Option(
      names = "--recipe",
      required = true,
      paramLabel = "NAME",
      description = "Name of a recipe (cooperative, cooperative-small) or a .conf file.")
  private String recipe;

  @Mixin private ShardsOption shards;
  @Mixin private RunOption run;

  @Option(
      names = "--stages",
      split = ",",
      paramLabel = "STAGE",
      description = "Stages to train, in the recipe's order (default: all).")
  private List<String> stages = new ArrayList<>();

  @Option(
      names = "--overwrite",
      description = {
        "Of the chosen stages, throws away and trains anew those that other settings, other shards or other weights of",
        "an earlier stage went into. The others are kept."
      })
  private boolean overwrite;

  @Override
  List<ConfigSource> configSources() {
    return List.of(Recipes.source(recipe));
  }

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<Recipe> plan = binder.bind("recipe", Recipe.class);
    Supplier<TrainSettings> settings = binder.bind("train", TrainSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    return () -> train(config, plan.get(), settings.get(), lock.get());
  }

  private void train(CogazeConfig config, Recipe plan, TrainSettings settings, LockSettings lock)
      throws IOException {
    URI from = shards.existing();
    Path to = run.path();
    FileSystem fileSystem = to.getFileSystem(Paths.hadoopConfiguration());
    try (SparkSession spark = SparkSessions.open("train")) {
      TrainResult result =
          StageTrainer.train(
              spark,
              new TrainRequest(to, from, plan, settings, stages, overwrite, lock),
              trained -> TrainOutputs.write(fileSystem, to, config, trained));
      print(out(), result);
      out().println("Run: " + to);
      out().flush();
    }
  }

  static void print(PrintWriter out, TrainResult result) {
    for (TrainResult.StageResult stage : result.stages()) {
      out.println(
          String.format(
              Locale.ROOT,
              "  %-10s best epoch %d of %d, %s %.4f, %s; parameters %s; %s",
              stage.stage(),
              stage.bestEpoch(),
              stage.epochs(),
              stage.metric(),
              stage.bestValue(),
              stage.stopReason(),
              stage.parametersSha256().substring(0, 12),
              stage.alreadyDone()
                  ? "was done already"
                  : String.format(Locale.ROOT, "%.1f s", stage.seconds())));
    }
    out.flush();
  }
}
