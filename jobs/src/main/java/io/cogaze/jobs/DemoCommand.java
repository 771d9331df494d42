package io.cogaze.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import io.cogaze.inference.EvaluateRequest;
import io.cogaze.inference.EvaluateResult;
import io.cogaze.inference.EvaluateSettings;
import io.cogaze.inference.Evaluator;
import io.cogaze.preprocess.PreprocessRequest;
import io.cogaze.preprocess.PreprocessResult;
import io.cogaze.preprocess.PreprocessSettings;
import io.cogaze.preprocess.Preprocessor;
import io.cogaze.report.ReportResult;
import io.cogaze.report.ReportSettings;
import io.cogaze.run.LockSettings;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.RunLock;
import io.cogaze.run.Summary;
import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import io.cogaze.synthetic.SyntheticResult;
import io.cogaze.synthetic.SyntheticSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.spark.StageTrainer;
import io.cogaze.train.spark.TrainRequest;
import io.cogaze.train.spark.TrainResult;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole pipeline on synthetic data. */
@Command(
    name = "demo",
    header = "Shows the whole pipeline on synthetic data, in minutes.",
    description = {
      "Makes phantom chest X-rays and gaze, turns them into shards, trains four cooperative stages by parameter",
      "averaging, evaluates on held-out patients and draws a report. Run again, it goes on where it stopped.",
      "conf/demo.conf says what it does differently from the defaults."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze demo --seed 1 --output demo-output",
    })
final class DemoCommand extends AbstractCommand {
  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of data and training (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "demo-output",
      description = "Folder for everything (default: ${DEFAULT-VALUE}).")
  private String output;

  @Option(
      names = "--overwrite",
      description = {
        "Makes data, shards and evaluation again, also those of the same settings; trains anew the stages that other",
        "data or settings went into, and keeps the others."
      })
  private boolean overwrite;

  /** What the demo binds: a block of every step. */
  private record Settings(
      Supplier<DemoSettings> demo,
      Supplier<SyntheticSettings> synthetic,
      Supplier<PreprocessSettings> preprocess,
      Supplier<Recipe> recipe,
      Supplier<TrainSettings> train,
      Supplier<ResourceSettings> resources,
      Supplier<EvaluateSettings> evaluate,
      Supplier<ReportSettings> report,
      Supplier<LockSettings> lock) {
    static Settings of(ConfigBinder binder) {
      return new Settings(
          binder.bind("demo", DemoSettings.class),
          binder.bind("synthetic", SyntheticSettings.class),
          binder.bind("preprocess", PreprocessSettings.class),
          binder.bind("recipe", Recipe.class),
          binder.bind("train", TrainSettings.class),
          binder.bind("resources", ResourceSettings.class),
          binder.bind("evaluate", EvaluateSettings.class),
          binder.bind("report", ReportSettings.class),
          binder.bind("run", LockSettings.class));
    }
  }

  @Override
  List<ConfigSource> configSources() {
    return List.of(
        Recipes.source("cooperative-small"),
        ConfigSource.resource("demo.conf"),
        ConfigSource.text("--seed", "cogaze.train.seed = " + seed));
  }

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    Settings settings = Settings.of(binder);
    return () -> demo(config, settings);
  }

  private void demo(CogazeConfig config, Settings settings) throws IOException {
    Path root = Paths.path(output);
    FileSystem fileSystem = root.getFileSystem(Paths.hadoopConfiguration());
    PhaseTimer timer = new PhaseTimer();
    try (SparkSession spark = timer.call("start Spark", () -> SparkSessions.open("demo"));
        RunLock lock = RunLock.acquire(fileSystem, root, "demo", settings.lock().get())) {
      ReportResult page = steps(spark, fileSystem, root, config, settings, timer, lock);
      out().print(timer.table());
      out().println("All scores are on synthetic data and say nothing about patients.");
      out().println("Report: " + page.file());
      out().flush();
    }
  }

  private ReportResult steps(
      SparkSession spark,
      FileSystem fileSystem,
      Path root,
      CogazeConfig config,
      Settings settings,
      PhaseTimer timer,
      RunLock lock)
      throws IOException {
    Path data = new Path(root, "data");
    Path shards = new Path(root, "shards");
    Path run = new Path(root, "run");
    LockSettings locking = settings.lock().get();
    SyntheticResult made =
        timer.call(
            "synthesize",
            () ->
                SynthesizeCommand.make(
                    spark,
                    data,
                    config,
                    settings.synthetic().get(),
                    settings.demo().get().images(),
                    seed,
                    overwrite,
                    locking));
    SynthesizeCommand.print(out(), made);
    PreprocessResult prepared =
        timer.call(
            "preprocess",
            () ->
                Preprocessor.run(
                    spark,
                    new PreprocessRequest(
                        "egd-cxr",
                        data.toUri(),
                        shards.toUri(),
                        Stamps.of(config, "preprocess"),
                        config.render(),
                        overwrite,
                        locking),
                    settings.preprocess().get()));
    PreprocessCommand.print(out(), prepared);
    TrainResult trained =
        timer.call(
            "train",
            () ->
                StageTrainer.train(
                    spark,
                    new TrainRequest(
                        run,
                        shards.toUri(),
                        settings.recipe().get(),
                        settings.train().get(),
                        List.of(),
                        overwrite,
                        locking,
                        config.render(TrainCommand.REPRODUCED),
                        settings.resources().get(),
                        Map.of()),
                    result -> TrainOutputs.write(fileSystem, run, config, result)));
    TrainCommand.print(out(), trained);
    EvaluateResult evaluated =
        timer.call(
            "evaluate",
            () ->
                Evaluator.run(
                    spark,
                    new EvaluateRequest(
                        run,
                        shards.toUri(),
                        Split.TEST,
                        List.of(),
                        config.render(),
                        overwrite,
                        locking),
                    settings.evaluate().get(),
                    result ->
                        Outputs.noteInRun(fileSystem, run, result.folder(), result.summary())));
    EvaluateCommand.print(out(), evaluated);
    ReportResult page =
        timer.call(
            "report",
            () ->
                ReportCommand.write(
                    spark, run, Optional.of(Split.TEST.label()), settings.report().get(), locking));
    lock.check();
    finish(fileSystem, root, config, timer, made, prepared, evaluated, page);
    return page;
  }

  private void finish(
      FileSystem fileSystem,
      Path root,
      CogazeConfig config,
      PhaseTimer timer,
      SyntheticResult made,
      PreprocessResult prepared,
      EvaluateResult evaluated,
      ReportResult page)
      throws IOException {
    Outputs.writeText(fileSystem, new Path(root, "config.conf"), config.render());
    SplitCounts test = prepared.manifest().counts().get(Split.TEST);
    Summary summary =
        Summary.of("demo")
            .phases(timer)
            .count("images", made.images())
            .count("patients", made.patients())
            .count("test_examples", test.examples())
            .count("test_patients", test.patients())
            .file("report", Outputs.relative(root, page.file()))
            .detail("seed", seed)
            .note("Synthetic data: these scores say nothing about patients.");
    for (String metric : Evaluator.SUMMARY_METRICS) {
      evaluated.metric(metric).ifPresent(value -> summary.metric(metric, value));
      evaluated.floor(metric).ifPresent(value -> summary.floor(metric, value));
    }
    for (String kept : List.of("comparison", "baseline")) {
      JsonNode node = evaluated.summary().path("details").path(kept);
      if (!node.isMissingNode()) {
        summary.detail(kept, node);
      }
    }
    evaluated
        .summary()
        .path("files")
        .fields()
        .forEachRemaining(
            file ->
                summary.file(
                    file.getKey(),
                    Outputs.relative(
                        root, new Path(evaluated.folder(), file.getValue().asText()))));
    summary.write(fileSystem, root);
  }
}
