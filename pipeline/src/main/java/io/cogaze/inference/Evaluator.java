package io.cogaze.inference;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.CogazeException;
import io.cogaze.error.InputException;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Json;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.OwnFiles;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.Rerun;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.run.Summary;
import io.cogaze.shard.HadoopConf;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import io.cogaze.train.checkpoint.TrainedStage;
import io.cogaze.train.spark.Broadcasts;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evaluates the finished stages of a run on one split: distributed prediction, metrics with
 * bootstrap intervals by patient, floors, the simple-features baseline. The folder {@code
 * RUN/evaluation/SPLIT} is committed at the end:
 *
 * <pre>
 * predictions/STAGE-....parquet         see {@link PredictionTable}
 * metrics/metrics-....parquet           see {@link MetricTable}
 * manifest.json, summary.json, config.conf
 * </pre>
 *
 * <p>The rows and their order depend on run, shards and settings only, not on Spark's partitions.
 */
public final class Evaluator {
  /** Kind of the folder's manifest. */
  public static final String KIND = "evaluation";

  /** Sub-folder of the predictions. */
  public static final String PREDICTIONS = "predictions";

  private static final OwnFiles OWN =
      new OwnFiles(
          Set.of(PREDICTIONS, "metrics"),
          Pattern.compile("(" + PREDICTIONS + "|metrics)/[^/]*" + OwnFiles.RANDOM + "\\.parquet"),
          Set.of("config.conf"));

  /** The metrics of the last stage that summaries hold. */
  public static final List<String> SUMMARY_METRICS =
      List.of(
          MetricNames.AUROC_MACRO,
          MetricNames.AUROC_MICRO,
          MetricNames.ACCURACY,
          MetricNames.CC_MEAN,
          MetricNames.KL_MEAN,
          MetricNames.SIM_MEAN);

  private static final Logger LOG = LoggerFactory.getLogger(Evaluator.class);

  /** Key of the manifest's body that holds what summaries and the report say. */
  public static final String RESULTS = "results";

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final EvaluateRequest request;
  private final EvaluateSettings settings;
  private final FileSystem fs;
  private final RunLayout layout;
  private final Path folder;
  private final ShardSet shards;
  private final PhaseTimer timer = new PhaseTimer();
  private final List<String> notes = new ArrayList<>();

  private Evaluator(
      SparkSession session,
      EvaluateRequest request,
      EvaluateSettings settings,
      FileSystem fs,
      ShardSet shards) {
    this.session = session;
    this.spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    this.request = request;
    this.settings = settings;
    this.fs = fs;
    this.layout = new RunLayout(request.run());
    this.folder = layout.evaluation(request.split().label());
    this.shards = shards;
  }

  /**
   * Evaluates a run.
   *
   * @throws InputException if no stage of the run is finished, the shards do not fit the run, or
   *     the split has no examples
   * @throws io.cogaze.error.ConfigurationException if the split was evaluated before with other
   *     settings, stages or shards, and overwrite is false
   * @throws io.cogaze.error.RunException if another process writes to the run folder
   */
  public static EvaluateResult run(
      SparkSession session, EvaluateRequest request, EvaluateSettings settings) {
    return run(session, request, settings, result -> {});
  }

  /**
   * As the other, and notes the result while the run folder is still this process's alone.
   *
   * @param whileLocked what to write into the run folder beside the evaluation
   */
  public static EvaluateResult run(
      SparkSession session,
      EvaluateRequest request,
      EvaluateSettings settings,
      Consumer<EvaluateResult> whileLocked) {
    try {
      FileSystem fs = request.run().getFileSystem(session.sparkContext().hadoopConfiguration());
      ShardSet shards =
          ShardSet.open(session.sparkContext().hadoopConfiguration(), request.shards());
      Path run = fs.makeQualified(request.run());
      EvaluateRequest qualified =
          new EvaluateRequest(
              run,
              request.shards(),
              request.split(),
              request.stages(),
              request.configText(),
              request.overwrite(),
              request.lock());
      return new Evaluator(session, qualified, settings, fs, shards).run(whileLocked);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach " + request.run() + ": " + e.getMessage(), e);
    }
  }

  private EvaluateResult run(Consumer<EvaluateResult> whileLocked) throws IOException {
    if (!fs.exists(layout.root())) {
      throw new InputException(
          "Cannot evaluate "
              + layout.root()
              + ": there is no such folder\n  fix: give the --run folder of train");
    }
    StageToEvaluate.Found found = StageToEvaluate.in(fs, layout, request.stages());
    checkStages(found);
    try (RunLock lock = RunLock.acquire(fs, layout.root(), "evaluate", request.lock())) {
      EvaluateResult result = evaluate(found, lock);
      lock.check();
      whileLocked.accept(result);
      return result;
    } finally {
      PredictorPool.ofThisJvm().close();
    }
  }

  private EvaluateResult evaluate(StageToEvaluate.Found found, RunLock lock) throws IOException {
    ConfigStamp stamp = stamp(found.evaluated());
    Rerun rerun = Rerun.decide(fs, folder, KIND, stamp, request.overwrite());
    if (rerun.action() == Rerun.Action.ALREADY_DONE) {
      LOG.info("{} is there already for the same stages, shards and settings", folder);
      Summary summary = summary(rerun.committed().orElseThrow().body().path(RESULTS));
      if (!fs.exists(new Path(folder, Summary.FILE))) {
        // An earlier attempt was killed between its manifest and its summary.
        leaveNotes(summary);
      }
      return new EvaluateResult(folder, true, summary.alreadyDone().toJson());
    }
    Manifest manifest = evaluate(found.evaluated(), stamp, lock);
    FolderCommit.removeLeftovers(fs, folder, OWN);
    Summary summary = summary(manifest.body().path(RESULTS)).phases(timer);
    leaveNotes(summary);
    return new EvaluateResult(folder, false, summary.toJson());
  }

  private void checkStages(StageToEvaluate.Found found) {
    if (found.evaluated().isEmpty()) {
      throw new InputException(
          "Cannot evaluate "
              + layout.root()
              + ": it has no finished stage with a class or a saliency output"
              + (found.unfinished().isEmpty()
                  ? ""
                  : "; not finished: " + String.join(", ", found.unfinished()))
              + "\n  fix: train the run first (./cogaze train)");
    }
    if (!found.unfinished().isEmpty()) {
      notes.add(
          "Not evaluated, because not finished: " + String.join(", ", found.unfinished()) + ".");
    }
    List<String> elsewhere = new ArrayList<>();
    Map<String, List<String>> differing = new LinkedHashMap<>();
    int height = shards.manifest().height();
    int width = shards.manifest().width();
    for (StageToEvaluate stage : found.evaluated()) {
      TrainedStage trained = stage.stage();
      int reduction = trained.inputReduction();
      if (trained.spec().height() * reduction != height
          || trained.spec().width() * reduction != width) {
        throw new InputException(
            "Cannot evaluate stage "
                + stage.name()
                + " on "
                + request.shards()
                + ": it was trained on "
                + trained.spec().height() * reduction
                + " x "
                + trained.spec().width() * reduction
                + " pixels, the shards have "
                + height
                + " x "
                + width
                + "\n  fix: give the shards that the run was trained on, or shards of that size");
      }
      if (!trained.targetClasses().equals(shards.manifest().targetClasses())) {
        throw new InputException(
            "Cannot evaluate stage "
                + stage.name()
                + " on "
                + request.shards()
                + ": it names the classes "
                + trained.targetClasses()
                + ", the shards "
                + shards.manifest().targetClasses()
                + "\n  fix: give the shards that the run was trained on");
      }
      if (!trained.provenance().data().containsValue(shards.sha256())) {
        elsewhere.add(stage.name());
      }
      otherPreprocessing(trained)
          .forEach(
              line -> differing.computeIfAbsent(line, x -> new ArrayList<>()).add(stage.name()));
    }
    if (!elsewhere.isEmpty()) {
      notes.add(
          stages(elsewhere)
              + " trained on another shard set: patients of this split may have been in its training"
              + " split.");
    }
    checkPreprocessing(differing);
  }

  /** The settings in which these shards differ from those that a stage was trained on, by key. */
  private List<String> otherPreprocessing(TrainedStage trained) {
    SortedMap<String, String> before = new TreeMap<>(trained.description().preprocessing());
    SortedMap<String, String> now = new TreeMap<>(shards.manifest().preprocessing());
    // Where the examples come from is no setting.
    before.remove(ShardManifest.SYNTHETIC);
    now.remove(ShardManifest.SYNTHETIC);
    SortedSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(now.keySet());
    List<String> lines = new ArrayList<>();
    for (String key : keys) {
      String was = before.getOrDefault(key, "(absent)");
      String is = now.getOrDefault(key, "(absent)");
      if (!was.equals(is)) {
        lines.add("%s: trained with %s, the shards have %s".formatted(key, was, is));
      }
    }
    return lines;
  }

  /**
   * Refuses, or notes where that is allowed.
   *
   * @param differing a difference to the stages that have it
   */
  private void checkPreprocessing(Map<String, List<String>> differing) {
    if (differing.isEmpty()) {
      return;
    }
    if (!settings.allowOtherPreprocessing()) {
      throw new InputException(
          """
          Cannot evaluate %s on %s: the shards were made with other preprocessing settings than the run was trained on.
            %s
            cause: what grey values, sizes or gaze maps mean differs, and the figures would say little
            fix:   preprocess with the settings of training, or take the figures as they are with --set \
          evaluate.allow-other-preprocessing=true"""
              .formatted(layout.root(), request.shards(), String.join("\n  ", differing.keySet())));
    }
    differing.forEach(
        (line, names) ->
            notes.add(stages(names) + " trained with other preprocessing settings: " + line + "."));
  }

  private static String stages(List<String> names) {
    return (names.size() == 1 ? "Stage %s was" : "Stages %s were")
        .formatted(String.join(", ", names));
  }

  private ConfigStamp stamp(List<StageToEvaluate> stages) {
    SortedMap<String, String> values = new TreeMap<>(settings.values());
    values.put("shards", shards.sha256());
    for (StageToEvaluate stage : stages) {
      values.put(StaleEvaluation.key(stage.name()), stage.stage().parametersSha256());
    }
    return new ConfigStamp(Sha256.of(Json.bytes(values)), values);
  }

  /** The configuration first: a summary that is there says that both are. */
  private void leaveNotes(Summary summary) throws IOException {
    try (OutputStream out = fs.create(new Path(folder, "config.conf"), true)) {
      out.write(request.configText().getBytes(StandardCharsets.UTF_8));
    }
    summary.write(fs, folder);
  }

  private Manifest evaluate(List<StageToEvaluate> stages, ConfigStamp stamp, RunLock lock) {
    List<IndexEntry> index = timer.call("read the index", shards::index);
    List<IndexEntry> entries = index.stream().filter(e -> e.split() == request.split()).toList();
    if (entries.isEmpty()) {
      throw new InputException(
          "Cannot evaluate on split "
              + request.split().label()
              + ": "
              + request.shards()
              + " has no example in it");
    }
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND).guardedBy(lock);
    Optional<double[]> gaze =
        timer.call(
            "average the training gaze maps",
            () ->
                named(
                    "gaze",
                    "mean of the training gaze maps",
                    () -> MeanGazeMap.of(spark, shards.handle(), shards.manifest(), index)));
    Map<String, List<Scored>> scored = new LinkedHashMap<>();
    Map<String, String> files = new LinkedHashMap<>();
    for (StageToEvaluate stage : stages) {
      scored.put(
          stage.name(),
          timer.call(
              "predict with stage " + stage.name(),
              () -> predict(stage, entries, gaze, commit, files)));
    }
    Optional<List<Scored>> baseline =
        settings.baseline()
            ? timer.call("fit the simple-features baseline", () -> baseline(index))
            : Optional.empty();
    List<MetricRow> rows =
        timer.call("compute metrics", () -> metrics(stages, scored, baseline, index));
    writeMetrics(rows, commit);
    Map<String, Object> body = new LinkedHashMap<>();
    stamp.putInto(body);
    body.put(
        RESULTS,
        new EvaluationResults(request, settings, shards.manifest(), shards.sha256(), notes)
            .of(stages, scored, rows, files));
    return commit.publish(body);
  }

  private List<Scored> predict(
      StageToEvaluate stage,
      List<IndexEntry> entries,
      Optional<double[]> gaze,
      FolderCommit commit,
      Map<String, String> files) {
    int reduction = stage.stage().inputReduction();
    Broadcast<byte[]> weights = spark.broadcast(stage.stage().toBytes());
    Broadcast<float[]> floor =
        gaze.map(
                map ->
                    spark.broadcast(
                        MeanGazeMap.reduced(
                            map, shards.manifest().height(), shards.manifest().width(), reduction)))
            .orElse(null);
    Predictor.Source source =
        new NetworkPredictor.Source(
            stage.name() + "/" + stage.stage().parametersSha256() + "/" + stage.heads(),
            weights,
            stage.heads().stream().map(Enum::name).toList(),
            settings.nativeThreads());
    PredictionTask.Plan plan =
        new PredictionTask.Plan(
            layout.root().getName(),
            stage.name(),
            folder.toString(),
            shards.manifest().targetClasses(),
            reduction,
            settings.batchSize(),
            settings.writeMaps());
    try {
      List<PredictionTask.Result> results =
          named(
              stage.name(),
              "stage " + stage.name() + " on split " + request.split().label(),
              () ->
                  predict(
                      spark,
                      Chunk.cut(entries, settings.examplesPerFile()),
                      new PredictionTask(
                          plan,
                          shards.handle(),
                          new HadoopConf(session.sparkContext().hadoopConfiguration()),
                          source,
                          floor)));
      List<Scored> scored = new ArrayList<>();
      List<Path> parts = new ArrayList<>();
      for (PredictionTask.Result result : results) {
        parts.add(new Path(folder, result.file()));
        scored.addAll(result.rows());
      }
      files.put(stage.name(), joined(stage.name(), parts, commit));
      return scored;
    } finally {
      Broadcasts.destroy(spark, weights);
      if (floor != null) {
        Broadcasts.destroy(spark, floor);
      }
    }
  }

  /** One file of a stage's predictions, so that who reads them needs to name one file only. */
  private String joined(String stage, List<Path> parts, FolderCommit commit) {
    Path file = commit.newFile(PREDICTIONS + "/" + stage, ".parquet");
    try {
      WrittenFile written = PredictionTable.TABLE.concatenate(fs, parts, file);
      String name = commit.relativeName(file);
      commit.add(new ManifestFile(name, written.sizeBytes(), written.sha256(), written.rows()));
      for (Path part : parts) {
        fs.delete(part, false);
      }
      return name;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Runs a task for each chunk; results come in the order of the chunks. */
  static List<PredictionTask.Result> predict(
      JavaSparkContext spark, List<Chunk> chunks, PredictionTask task) {
    List<byte[]> bytes = chunks.stream().map(JavaBytes::of).toList();
    try {
      return spark.parallelize(bytes, bytes.size()).map(task).collect().stream()
          .map(result -> JavaBytes.read(result, PredictionTask.Result.class))
          .toList();
    } catch (RuntimeException e) {
      throw unwrapped(e);
    } catch (Exception e) {
      // Spark throws its checked exception through methods that do not declare it.
      throw e instanceof SparkException ? unwrapped(e) : new IllegalStateException(e);
    }
  }

  /** A failure that a task explained to the user, as it was thrown there. */
  private static RuntimeException unwrapped(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CogazeException explained) {
        return explained;
      }
    }
    return failure instanceof RuntimeException known
        ? known
        : new IllegalStateException("A prediction task failed: " + failure.getMessage(), failure);
  }

  /** Does work whose Spark jobs are a group of this name and are shown with this description. */
  private <T> T named(String group, String description, Supplier<T> work) {
    spark.setJobGroup("evaluate/" + group, "evaluate: " + description);
    try {
      return work.get();
    } finally {
      spark.clearJobGroup();
    }
  }

  private Optional<List<Scored>> baseline(List<IndexEntry> index) {
    int classes = shards.manifest().targetClasses().size();
    Optional<List<Scored>> scored =
        named(
            "baseline",
            "simple features for the baseline",
            () ->
                SimpleBaseline.predict(session, shards.handle(), index, classes, request.split()));
    if (scored.isEmpty()) {
      notes.add("No simple-features baseline: the training split lacks a class.");
    }
    return scored;
  }

  private List<MetricRow> metrics(
      List<StageToEvaluate> stages,
      Map<String, List<Scored>> scored,
      Optional<List<Scored>> baseline,
      List<IndexEntry> index) {
    StageScores scores = scores();
    List<MetricRow> rows = new ArrayList<>();
    for (StageToEvaluate stage : stages) {
      rows.addAll(scores.stage(stage.name(), scored.get(stage.name())));
    }
    List<StageToEvaluate> classStages = stages.stream().filter(s -> s.hasClasses()).toList();
    Optional<StageToEvaluate> mapStage = last(stages.stream().filter(s -> s.hasMap()).toList());
    rows.addAll(
        scores.floor(
            last(classStages).map(s -> scored.get(s.name())).orElse(List.of()),
            mapStage.map(s -> scored.get(s.name())).orElse(List.of()),
            largestTrainingClass(index)));
    baseline.ifPresent(b -> rows.addAll(scores.stage(MetricRow.SIMPLE_FEATURES, b)));
    boolean known = index.stream().anyMatch(e -> isEvaluated(e) && e.targetClass() >= 0);
    if (known && classStages.size() > 1) {
      String better = last(classStages).orElseThrow().name();
      String base = classStages.get(0).name();
      rows.add(scores.difference(better, scored.get(better), base, scored.get(base)));
    }
    return rows;
  }

  private boolean isEvaluated(IndexEntry entry) {
    return entry.split() == request.split();
  }

  private StageScores scores() {
    return new StageScores(
        layout.root().getName(),
        request.split().label(),
        shards.manifest().targetClasses(),
        settings);
  }

  /** The class with most training examples, the first on a tie; -1 without any. */
  private int largestTrainingClass(List<IndexEntry> index) {
    int[] counts = new int[shards.manifest().targetClasses().size()];
    for (IndexEntry entry : index) {
      if (entry.split() == Split.TRAIN && entry.targetClass() >= 0) {
        counts[entry.targetClass()]++;
      }
    }
    int largest = -1;
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] > 0 && (largest < 0 || counts[c] > counts[largest])) {
        largest = c;
      }
    }
    return largest;
  }

  private void writeMetrics(List<MetricRow> rows, FolderCommit commit) {
    Path file = commit.newFile("metrics/metrics", ".parquet");
    try {
      WrittenFile written = MetricTable.TABLE.writeAll(fs, file, StorageSettings.TABLE, rows);
      commit.add(
          new ManifestFile(
              commit.relativeName(file), written.sizeBytes(), written.sha256(), written.rows()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private Summary summary(JsonNode results) {
    return EvaluationResults.summary(results);
  }

  private static <T> Optional<T> last(List<T> values) {
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(values.size() - 1));
  }
}
