package io.cogaze.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import io.cogaze.inference.Evaluator;
import io.cogaze.inference.MetricRow;
import io.cogaze.metric.Classification;
import io.cogaze.report.ReportContent.Fact;
import io.cogaze.report.ReportContent.ShownExample;
import io.cogaze.run.Manifest;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.run.Summary;
import io.cogaze.shard.Leakage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Writes {@code RUN/report/report.html} from what the run folder holds: the evaluation of one split
 * and the training metrics of the stages. It reads nothing else, so the shards need not be there.
 */
public final class Reporter {
  private static final List<String> SPLITS = List.of("test", "valid", "train");

  private final ReportSettings settings;
  private final FileSystem fs;
  private final RunLayout layout;
  private final String split;
  private final Path folder;
  private final Manifest evaluation;
  private final JsonNode results;
  private final EvaluationTables tables;

  private Reporter(
      ReportSettings settings, FileSystem fs, RunLayout layout, String split, Manifest evaluation) {
    this.settings = settings;
    this.fs = fs;
    this.layout = layout;
    this.split = split;
    this.folder = layout.evaluation(split);
    this.evaluation = evaluation;
    this.results = evaluation.body().path(Evaluator.RESULTS);
    this.tables = new EvaluationTables(fs.getConf(), folder, evaluation);
  }

  /**
   * Writes the report over an older one.
   *
   * @throws InputException if the run was not evaluated on the split, or trained anew since
   */
  public static ReportResult run(
      SparkSession spark, ReportRequest request, ReportSettings settings) {
    return run(spark.sparkContext().hadoopConfiguration(), request, settings);
  }

  /** As the other one, without Spark. */
  public static ReportResult run(
      Configuration conf, ReportRequest request, ReportSettings settings) {
    try {
      FileSystem fs = request.run().getFileSystem(conf);
      RunLayout layout = new RunLayout(fs.makeQualified(request.run()));
      String split = split(fs, layout, request.split());
      Manifest manifest = Manifest.read(fs, layout.evaluation(split), Evaluator.KIND);
      return new Reporter(settings, fs, layout, split, manifest).run();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot report on " + request.run() + ": " + e.getMessage(), e);
    }
  }

  private static String split(FileSystem fs, RunLayout layout, Optional<String> wanted) {
    for (String candidate : wanted.map(List::of).orElse(SPLITS)) {
      if (Manifest.isCommitted(fs, layout.evaluation(candidate))) {
        return candidate;
      }
    }
    throw new InputException(
        "Cannot report on "
            + layout.root()
            + ": it was not evaluated"
            + wanted.map(name -> " on split " + name).orElse("")
            + "\n  fix: run ./cogaze evaluate --run "
            + layout.root()
            + " --shards SHARDS"
            + wanted.map(name -> " --split " + name).orElse("")
            + " first");
  }

  private ReportResult run() throws IOException {
    PhaseTimer timer = new PhaseTimer();
    ReportContent content = timer.call("read the evaluation", this::content);
    String html = timer.call("draw the page", () -> HtmlReport.render(content, settings));
    fs.mkdirs(layout.report());
    PageFile.write(fs, layout.reportFile(), html);
    Summary.of("report")
        .count("examples_shown", content.examples().size())
        .phases(timer)
        .file("report", layout.reportFile().getName())
        .detail("split", split)
        .detail("synthetic", content.synthetic())
        .write(fs, layout.report());
    return new ReportResult(layout.reportFile(), split, content.examples().size());
  }

  private ReportContent content() {
    List<String> notes = new ArrayList<>(ofPresentWeights());
    notes.addAll(strings(results.path("notes")));
    List<String> classes = strings(results.path("classes"));
    List<MetricRow> metrics = tables.metrics();
    List<ScoredRow> scored = tables.scored();
    Map<String, List<ScoredRow>> byStage = new LinkedHashMap<>();
    for (String stage : strings(results.path("stages"))) {
      byStage.put(stage, scored.stream().filter(row -> row.stage().equals(stage)).toList());
    }
    List<ReportContent.Classifier> classifiers = new ArrayList<>();
    Optional<String> classStage = Optional.empty();
    Optional<String> mapStage = Optional.empty();
    for (Map.Entry<String, List<ScoredRow>> entry : byStage.entrySet()) {
      List<ScoredRow> known = entry.getValue().stream().filter(ScoredRow::hasBoth).toList();
      if (!known.isEmpty()) {
        classStage = Optional.of(entry.getKey());
        classifiers.add(
            new ReportContent.Classifier(
                entry.getKey(),
                Classification.of(
                    known.stream().map(ScoredRow::probabilities).toArray(float[][]::new),
                    known.stream().mapToInt(ScoredRow::label).toArray(),
                    classes.size())));
      }
      if (entry.getValue().stream().anyMatch(row -> !Double.isNaN(row.cc()))) {
        mapStage = Optional.of(entry.getKey());
      }
    }
    List<ShownExample> examples =
        classStage.isEmpty()
            ? List.of()
            : new ExampleChoice(tables, settings)
                .examples(
                    byStage.get(classStage.get()),
                    mapStage.orElse(classStage.get()),
                    mapStage.map(byStage::get).orElse(List.of()),
                    classes);
    return new ReportContent(
        layout.root().getName(),
        split,
        results.path("synthetic").asBoolean(),
        results.path("dataset").asText(),
        classes,
        splits(),
        Leakage.ofBody(results),
        metrics,
        classifiers,
        examples,
        new TrainingHistory(fs, layout).curves(strings(results.path("stages"))),
        provenance(),
        notes);
  }

  /**
   * Refuses an evaluation of other weights than the run holds now: its figures would stand beside
   * curves that are not theirs. What the reader should know where no weights are left to compare.
   */
  private List<String> ofPresentWeights() {
    List<String> other = StaleEvaluation.differences(fs, layout, split);
    if (other.isEmpty()) {
      return List.of();
    }
    if (stagesAreGone()) {
      return List.of(
          "The run folder holds no stages any more: whether it held these weights last cannot be"
              + " told.");
    }
    throw new InputException(
        "Cannot report on "
            + layout.root()
            + ": its evaluation of split "
            + split
            + " is of other weights than it holds now\n  stage "
            + String.join("\n  stage ", other)
            + "\n  cause: the run was trained on or anew after it was evaluated"
            + "\n  fix: run ./cogaze evaluate --run "
            + layout.root()
            + " --shards SHARDS --split "
            + split
            + " --overwrite first");
  }

  private boolean stagesAreGone() {
    try {
      return !fs.exists(layout.stages());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + layout.stages() + ": " + e.getMessage(), e);
    }
  }

  private List<ReportContent.SplitFacts> splits() {
    List<ReportContent.SplitFacts> facts = new ArrayList<>();
    for (JsonNode node : results.path("splits")) {
      Map<String, Long> perClass = new TreeMap<>();
      node.path("per_class")
          .fields()
          .forEachRemaining(field -> perClass.put(field.getKey(), field.getValue().asLong()));
      facts.add(
          new ReportContent.SplitFacts(
              node.path("split").asText(),
              node.path("examples").asLong(),
              node.path("patients").asLong(),
              node.path("with_gaze").asLong(),
              perClass));
    }
    return facts;
  }

  private List<ReportContent.FactGroup> provenance() {
    return ProvenanceFacts.of(
        List.of(
            new Fact("run folder", layout.root().toString()),
            new Fact("shards", results.path("shards").asText()),
            new Fact("evaluation manifest sha256", evaluation.sha256())),
        results.path("provenance"),
        strings(results.path("stages")));
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(node -> values.add(node.asText()));
    return values;
  }
}
