package io.cogaze.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import io.cogaze.inference.Evaluator;
import io.cogaze.inference.MetricRow;
import io.cogaze.inference.MetricTable;
import io.cogaze.metric.Classification;
import io.cogaze.report.ReportContent.Curve;
import io.cogaze.report.ReportContent.Fact;
import io.cogaze.report.ReportContent.ShownExample;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.PhaseTimer;
import io.cogaze.run.RunLayout;
import io.cogaze.run.Summary;
import io.cogaze.run.Versions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/**
 * Writes {@code RUN/report/report.html} from what the run folder holds: the evaluation of one split
 * and the training metrics of the stages. It reads nothing else, so the shards need not be there.
 */
public final class Reporter {
  private static final List<String> SPLITS = List.of("test", "valid", "train");
  private static final List<String> CURVES = List.of("loss", "auroc_macro", "kl");

  private final SparkSession spark;
  private final ReportSettings settings;
  private final FileSystem fs;
  private final RunLayout layout;
  private final String split;
  private final Path folder;
  private final Manifest evaluation;
  private final JsonNode results;

  private Reporter(
      SparkSession spark,
      ReportSettings settings,
      FileSystem fs,
      RunLayout layout,
      String split,
      Manifest evaluation) {
    this.spark = spark;
    this.settings = settings;
    this.fs = fs;
    this.layout = layout;
    this.split = split;
    this.folder = layout.evaluation(split);
    this.evaluation = evaluation;
    this.results = evaluation.body().path(Evaluator.RESULTS);
  }

  /**
   * Writes the report over an older one.
   *
   * @throws InputException if the run was not evaluated on the split
   */
  public static ReportResult run(
      SparkSession spark, ReportRequest request, ReportSettings settings) {
    try {
      FileSystem fs = request.run().getFileSystem(spark.sparkContext().hadoopConfiguration());
      RunLayout layout = new RunLayout(fs.makeQualified(request.run()));
      String split = split(fs, layout, request.split());
      Manifest manifest = Manifest.read(fs, layout.evaluation(split), Evaluator.KIND);
      return new Reporter(spark, settings, fs, layout, split, manifest).run();
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
    try (OutputStream out = fs.create(layout.reportFile(), true)) {
      out.write(html.getBytes(StandardCharsets.UTF_8));
    }
    Summary.of("report")
        .count("examples_shown", content.examples().size())
        .phases(timer)
        .file("report", layout.reportFile().toUri().getPath())
        .detail("split", split)
        .detail("synthetic", content.synthetic())
        .write(fs, layout.report());
    return new ReportResult(layout.reportFile(), split, content.examples().size());
  }

  private ReportContent content() {
    List<String> classes = strings(results.path("classes"));
    List<MetricRow> metrics = metrics();
    List<ScoredRow> scored = scoredRows();
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
            : examples(
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
        metrics,
        classifiers,
        examples,
        curves(),
        provenance(),
        strings(results.path("notes")));
  }

  private List<MetricRow> metrics() {
    List<MetricRow> rows = new ArrayList<>();
    for (ManifestFile file : evaluation.files()) {
      if (file.name().startsWith("metrics/")) {
        rows.addAll(MetricTable.TABLE.readAll(fs.getConf(), new Path(folder, file.name())));
      }
    }
    return rows;
  }

  /**
   * The columns of a prediction that are small.
   *
   * @param label -1 when unknown
   * @param probabilities empty without a class output
   * @param cc NaN without both maps
   */
  private record ScoredRow(
      String stage, String exampleId, int label, float[] probabilities, double cc) {
    boolean hasBoth() {
      return label >= 0 && probabilities.length > 0;
    }

    int predicted() {
      return Classification.argMax(probabilities);
    }
  }

  private Dataset<Row> predictions() {
    String[] files =
        evaluation.files().stream()
            .map(ManifestFile::name)
            .filter(name -> name.startsWith(Evaluator.PREDICTIONS + "/"))
            .map(name -> new Path(folder, name).toString())
            .toArray(String[]::new);
    return spark.read().parquet(files);
  }

  private List<ScoredRow> scoredRows() {
    List<ScoredRow> rows = new ArrayList<>();
    for (Row row :
        predictions()
            .select("stage", "example_id", "label", "probabilities", "cc")
            .collectAsList()) {
      rows.add(
          new ScoredRow(
              row.getString(0),
              row.getString(1),
              row.isNullAt(2) ? -1 : row.getInt(2),
              row.isNullAt(3) ? new float[0] : floats(row, 3),
              row.isNullAt(4) ? Double.NaN : row.getDouble(4)));
    }
    rows.sort(Comparator.comparing(ScoredRow::exampleId));
    return rows;
  }

  /** The examples to show: which and why, then their pictures. */
  private List<ShownExample> examples(
      List<ScoredRow> rows, String mapStage, List<ScoredRow> mapRows, List<String> classes) {
    Map<String, Double> quality = new TreeMap<>();
    mapRows.forEach(row -> quality.put(row.exampleId(), row.cc()));
    Map<String, String> why = new LinkedHashMap<>();
    Map<String, ScoredRow> chosen = new LinkedHashMap<>();
    for (int c = 0; c < classes.size(); c++) {
      int target = c;
      List<ScoredRow> ofClass = rows.stream().filter(r -> r.label() == target).toList();
      List<ScoredRow> right =
          ofClass.stream()
              .filter(r -> r.hasBoth() && r.predicted() == target)
              .sorted(
                  Comparator.comparingDouble(
                      (ScoredRow r) -> quality.getOrDefault(r.exampleId(), Double.NaN)))
              .toList();
      int shown = Math.min(settings.examplesPerClass(), right.size());
      for (int k = 0; k < shown; k++) {
        ScoredRow row = right.get((int) ((2L * k + 1) * right.size() / (2L * shown)));
        chosen.put(row.exampleId(), row);
        why.put(row.exampleId(), "one of the " + right.size() + " right of " + ofClass.size());
      }
      List<ScoredRow> wrong =
          ofClass.stream()
              .filter(r -> r.hasBoth() && r.predicted() != target)
              .sorted(
                  Comparator.comparingDouble((ScoredRow r) -> -r.probabilities()[r.predicted()]))
              .toList();
      for (ScoredRow row : wrong.subList(0, Math.min(settings.examplesPerClass(), wrong.size()))) {
        chosen.put(row.exampleId(), row);
        why.put(row.exampleId(), "one of the " + wrong.size() + " wrong of " + ofClass.size());
      }
    }
    Map<String, Row> pictures = pictures(mapStage, List.copyOf(chosen.keySet()));
    List<ShownExample> examples = new ArrayList<>();
    chosen.forEach(
        (id, row) -> {
          if (pictures.containsKey(id)) {
            examples.add(shown(row, why.get(id), pictures.get(id), classes));
          }
        });
    return examples;
  }

  private Map<String, Row> pictures(String stage, List<String> ids) {
    Map<String, Row> pictures = new TreeMap<>();
    if (ids.isEmpty()) {
      return pictures;
    }
    for (Row row :
        predictions()
            .where(functions.col("stage").equalTo(stage))
            .where(functions.col("example_id").isin(ids.toArray()))
            .where(functions.col("pixels").isNotNull())
            .select(
                "example_id",
                "height",
                "width",
                "pixels",
                "target_map",
                "saliency_map",
                "cc",
                "kl",
                "sim")
            .collectAsList()) {
      pictures.put(row.getString(0), row);
    }
    return pictures;
  }

  private static ShownExample shown(
      ScoredRow scored, String why, Row picture, List<String> classes) {
    byte[] bytes = picture.getAs(3);
    float[] pixels = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      pixels[i] = (bytes[i] & 0xFF) / 255f;
    }
    List<Float> probabilities = new ArrayList<>();
    for (float p : scored.probabilities()) {
      probabilities.add(p);
    }
    String scores =
        picture.isNullAt(6)
            ? ""
            : "CC "
                + Numbers.fixed(picture.getDouble(6), 3)
                + ", KL "
                + Numbers.fixed(picture.getDouble(7), 3)
                + ", SIM "
                + Numbers.fixed(picture.getDouble(8), 3);
    return new ShownExample(
        scored.exampleId(),
        why,
        classes.get(scored.label()),
        classes.get(scored.predicted()),
        probabilities,
        picture.getInt(1),
        picture.getInt(2),
        pixels,
        picture.isNullAt(4) ? Optional.empty() : Optional.of(floats(picture, 4)),
        picture.isNullAt(5) ? Optional.empty() : Optional.of(floats(picture, 5)),
        scores);
  }

  private static float[] floats(Row row, int column) {
    List<Float> list = row.getList(column);
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i);
    }
    return values;
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

  /** Epoch values of the stages that left training metrics; evaluated stages come last. */
  private List<Curve> curves() {
    List<String> stages = new ArrayList<>(stageFolders());
    List<String> evaluated = strings(results.path("stages"));
    stages.removeAll(evaluated);
    stages.addAll(evaluated);
    List<Curve> curves = new ArrayList<>();
    for (String stage : stages) {
      Path metrics = layout.stage(stage).metrics();
      Optional<Manifest> manifest = Manifest.readIfPresent(fs, metrics);
      if (manifest.isEmpty() || manifest.get().files().isEmpty()) {
        continue;
      }
      String[] files =
          manifest.get().files().stream()
              .map(file -> new Path(metrics, file.name()).toString())
              .toArray(String[]::new);
      Map<String, TreeMap<Integer, Double>> series = new TreeMap<>();
      for (Row row :
          spark
              .read()
              .parquet(files)
              .where(functions.col("round").equalTo(0).and(functions.col("value").isNotNull()))
              .select("epoch", "split", "metric", "value")
              .collectAsList()) {
        series
            .computeIfAbsent(row.getString(2) + "/" + row.getString(1), key -> new TreeMap<>())
            .put(row.getInt(0), row.getDouble(3));
      }
      for (String metric : CURVES) {
        for (String fold : List.of("train", "valid")) {
          TreeMap<Integer, Double> values = series.get(metric + "/" + fold);
          // The loss of the saliency stage is its KL divergence already.
          boolean repeated =
              metric.equals("kl") && values != null && values.equals(series.get("loss/" + fold));
          if (values != null && !repeated) {
            curves.add(
                new Curve(
                    stage,
                    metric,
                    fold,
                    "epoch",
                    values.keySet().stream().map(Integer::doubleValue).toList(),
                    List.copyOf(values.values())));
          }
        }
      }
    }
    return curves;
  }

  private List<String> stageFolders() {
    List<String> names = new ArrayList<>();
    try {
      if (fs.exists(layout.stages())) {
        for (FileStatus status : fs.listStatus(layout.stages())) {
          if (status.isDirectory()) {
            names.add(status.getPath().getName());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + layout.stages() + ": " + e.getMessage(), e);
    }
    names.sort(null);
    return names;
  }

  private List<Fact> provenance() {
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("run folder", layout.root().toString()));
    facts.add(new Fact("shards", results.path("shards").asText()));
    facts.add(new Fact("evaluation manifest sha256", evaluation.sha256()));
    results
        .path("provenance")
        .fields()
        .forEachRemaining(field -> facts.add(new Fact(field.getKey(), field.getValue().asText())));
    Versions.current()
        .asMap()
        .forEach((name, version) -> facts.add(new Fact("reported with " + name, version)));
    return facts;
  }

  private static List<String> strings(JsonNode array) {
    List<String> values = new ArrayList<>();
    array.forEach(node -> values.add(node.asText()));
    return values;
  }
}
