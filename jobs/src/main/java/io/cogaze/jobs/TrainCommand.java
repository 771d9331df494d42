package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import io.cogaze.error.ConfigurationException;
import io.cogaze.run.LockSettings;
import io.cogaze.run.RunLayout;
import io.cogaze.train.checkpoint.Reproduction;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.ResourceSum;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.spark.StageTrainer;
import io.cogaze.train.spark.TrainRequest;
import io.cogaze.train.spark.TrainResult;
import io.cogaze.train.spark.TrainingSum;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
  /** The blocks of the configuration that a checkpoint keeps: all that decides its content. */
  static final List<String> REPRODUCED = List.of("recipe", "train");

  private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);

  @Option(
      names = "--recipe",
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

  @Option(
      names = "--dry-run",
      description =
          "Shows what training takes of memory and disk, and whether that fits; submits nothing.")
  private boolean dryRun;

  @Option(
      names = "--reproduce",
      paramLabel = "FILE",
      description = {
        "Trains the stage of a checkpoint again, from its provenance-….json, and those that it takes weights from,",
        "into a --run of its own; tells whether the parameters are the same. Instead of --recipe and --stages."
      })
  private String reproduce;

  private Reproduction original;

  @Override
  List<ConfigSource> configSources() throws IOException {
    if (reproduce == null) {
      if (recipe == null) {
        throw new ConfigurationException(
            "Cannot train: neither --recipe nor --reproduce is given.\n  fix: --recipe with one of "
                + String.join(", ", Recipes.BUILT_IN)
                + ", or with a recipe file");
      }
      return List.of(Recipes.source(recipe));
    }
    if (recipe != null || !stages.isEmpty()) {
      throw new ConfigurationException(
          "Cannot use --reproduce with --recipe or --stages: the provenance says what to train.");
    }
    Path file = Paths.path(reproduce);
    original = Reproduction.read(file.getFileSystem(Paths.hadoopConfiguration()), file);
    return List.of(ConfigSource.text("configuration of " + reproduce, original.configuration()));
  }

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Supplier<Recipe> plan = binder.bind("recipe", Recipe.class);
    Supplier<TrainSettings> settings = binder.bind("train", TrainSettings.class);
    Supplier<LockSettings> lock = binder.bind("run", LockSettings.class);
    Supplier<ResourceSettings> resources = binder.bind("resources", ResourceSettings.class);
    return () -> train(config, plan.get(), settings.get(), lock.get(), resources.get());
  }

  private void train(
      CogazeConfig config,
      Recipe plan,
      TrainSettings settings,
      LockSettings lock,
      ResourceSettings resources)
      throws IOException {
    URI from = shards.existing();
    Path to = run.path();
    FileSystem fileSystem = to.getFileSystem(Paths.hadoopConfiguration());
    if (original != null) {
      original.requireOutside(fileSystem, to);
    }
    TrainRequest request =
        new TrainRequest(
            to,
            from,
            plan,
            settings,
            original == null ? stages : original.stages(plan),
            overwrite,
            lock,
            config.render(REPRODUCED),
            resources,
            original == null ? Map.of() : Map.of(original.stage(), original.epoch()));
    requireResources(request, resources);
    if (dryRun) {
      return;
    }
    try (SparkSession spark = SparkSessions.open("train")) {
      TrainResult result =
          StageTrainer.train(
              spark, request, trained -> TrainOutputs.write(fileSystem, to, config, trained));
      print(out(), result);
      out().println("Run: " + to);
      if (original != null) {
        out().println(original.compare(fileSystem, new RunLayout(to)));
      }
      out().flush();
    }
  }

  /** Shows what training takes, and refuses what cannot fit. */
  private void requireResources(TrainRequest request, ResourceSettings settings) {
    ResourceSum sum =
        TrainingSum.of(
            SparkSessions.conf("train"),
            Paths.hadoopConfiguration(),
            request,
            settings,
            dryRun
                ? OptionalLong.empty()
                : OptionalLong.of(Runtime.getRuntime().maxMemory() >> 20));
    if (!settings.ignoreSum()) {
      sum.requireFit(ResourceSettings.IGNORE_SUM_KEY);
    }
    if (dryRun) {
      out().println(sum.table());
      out().flush();
    } else {
      sum.table().lines().forEach(LOG::info);
    }
    if (!sum.fits()) {
      LOG.warn(
          "{} is true: training starts although the sum above does not fit, and may be killed for"
              + " want of memory or disk",
          ResourceSettings.IGNORE_SUM_KEY);
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
