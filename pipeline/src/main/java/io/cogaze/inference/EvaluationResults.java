package io.cogaze.inference;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.run.Provenance;
import io.cogaze.run.Summary;
import io.cogaze.shard.Leakage;
import io.cogaze.shard.ShardManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;

/** What the manifest of an evaluation holds for summaries and the report, and the summary of it. */
final class EvaluationResults {
  private static final String TOO_GOOD = " The scores are too good.";

  private final EvaluateRequest request;
  private final EvaluateSettings settings;
  private final ShardManifest manifest;
  private final String shardsSha256;
  private final List<String> notes;

  EvaluationResults(
      EvaluateRequest request,
      EvaluateSettings settings,
      ShardManifest manifest,
      String shardsSha256,
      List<String> notes) {
    this.request = request;
    this.settings = settings;
    this.manifest = manifest;
    this.shardsSha256 = shardsSha256;
    this.notes = notes;
  }

  /** What summaries say, as part of the manifest, so that it is there as soon as the result is. */
  Map<String, Object> of(
      List<StageToEvaluate> stages,
      Map<String, List<Scored>> scored,
      List<MetricRow> rows,
      Map<String, String> files) {
    Map<String, Double> metrics = new TreeMap<>();
    Map<String, Double> floor = new TreeMap<>();
    for (String name : Evaluator.SUMMARY_METRICS) {
      List<MetricRow> found =
          rows.stream().filter(r -> r.metric().equals(name) && r.className().isEmpty()).toList();
      last(found.stream().filter(r -> scored.containsKey(r.stage())).toList())
          .ifPresent(row -> metrics.put(name, boxed(row.value())));
      last(found.stream().filter(r -> r.stage().equals(MetricRow.FLOOR)).toList())
          .ifPresent(row -> floor.put(name, boxed(row.value())));
    }
    Map<String, Object> results = new TreeMap<>();
    results.put("split", request.split().label());
    results.put("shards", new Path(request.shards()).toString());
    results.put("classes", manifest.targetClasses());
    results.put("dataset", manifest.dataset());
    results.put("synthetic", manifest.synthetic());
    results.put("splits", splits());
    results.put("provenance", provenance(stages));
    results.put("stages", stages.stream().map(StageToEvaluate::name).toList());
    results.put("examples", scored.values().iterator().next().size());
    results.put("metrics", metrics);
    results.put("floor", floor);
    results.put("predictions", files);
    results.put("notes", List.copyOf(notes));
    manifest.leakage().ifPresent(found -> results.put(Leakage.KEY, found.body()));
    rows.stream()
        .filter(row -> row.stage().contains("-minus-"))
        .forEach(row -> results.put("comparison", line(row)));
    rows.stream()
        .filter(row -> row.stage().equals(MetricRow.SIMPLE_FEATURES))
        .filter(row -> row.metric().equals(MetricNames.AUROC_MACRO))
        .forEach(row -> results.put("baseline", line(row)));
    return results;
  }

  private List<Map<String, Object>> splits() {
    List<Map<String, Object>> splits = new ArrayList<>();
    manifest
        .counts()
        .forEach(
            (split, counts) -> {
              Map<String, Object> line = new TreeMap<>();
              line.put("split", split.label());
              line.put("examples", counts.examples());
              line.put("patients", counts.patients());
              line.put("with_gaze", counts.withGaze());
              line.put("per_class", counts.perClass());
              splits.add(line);
            });
    return splits;
  }

  private Map<String, String> provenance(List<StageToEvaluate> stages) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("shards manifest sha256", shardsSha256);
    facts.put("shards content hash", manifest.contentHash());
    facts.put("shards config hash", manifest.configHash());
    facts.put("bootstrap seed", Long.toString(settings.bootstrapSeed()));
    facts.put("bootstrap resamples", Integer.toString(settings.bootstrapResamples()));
    for (StageToEvaluate stage : stages) {
      String prefix = "stage " + stage.name() + " ";
      Provenance provenance = stage.stage().provenance();
      facts.put(prefix + "parameters sha256", stage.stage().parametersSha256());
      facts.put(prefix + "best epoch", Integer.toString(stage.stage().epoch()));
      facts.put(prefix + "config hash", provenance.configHash());
      facts.put(prefix + "native library", provenance.nativeClassifier());
      facts.put(
          prefix + "averaging workers",
          provenance.workers()
              + ", on "
              + provenance.executors()
              + (provenance.executors() == 1 ? " executor" : " executors"));
      provenance
          .seeds()
          .forEach((name, seed) -> facts.put(prefix + "seed " + name, Long.toString(seed)));
      provenance.notes().forEach((name, note) -> facts.put(prefix + name, note));
      provenance
          .versions()
          .asMap()
          .forEach((name, version) -> facts.put("trained with " + name, version));
    }
    return facts;
  }

  private static Map<String, Object> line(MetricRow row) {
    Map<String, Object> line = new TreeMap<>();
    line.put("stage", row.stage());
    line.put("metric", row.metric());
    line.put("value", boxed(row.value()));
    line.put("n", row.n());
    line.put("ci_low", boxed(row.ciLow()));
    line.put("ci_high", boxed(row.ciHigh()));
    return line;
  }

  /** What a summary says of the results in a manifest. */
  static Summary summary(JsonNode results) {
    Summary summary = Summary.of("evaluate");
    summary.count("examples", results.path("examples").asLong());
    summary.count("stages", results.path("stages").size());
    for (String name : Evaluator.SUMMARY_METRICS) {
      JsonNode metric = results.path("metrics").path(name);
      if (!metric.isMissingNode()) {
        summary.metric(name, metric.isNumber() ? metric.asDouble() : Double.NaN);
      }
      JsonNode floor = results.path("floor").path(name);
      if (!floor.isMissingNode()) {
        summary.floor(name, floor.isNumber() ? floor.asDouble() : Double.NaN);
      }
    }
    // The last stage's file: the one that the metrics above are of.
    for (JsonNode stage : results.path("stages")) {
      String name = results.path("predictions").path(stage.asText()).asText();
      summary.file("predictions", name);
    }
    for (String detail :
        List.of(
            "split",
            "shards",
            "synthetic",
            "stages",
            "classes",
            "comparison",
            "baseline",
            "predictions",
            Leakage.KEY)) {
      if (results.has(detail)) {
        summary.detail(detail, results.get(detail));
      }
    }
    Leakage.ofBody(results)
        .filter(Leakage::leaked)
        .ifPresent(found -> summary.note("The splits leak. " + found.sentence() + TOO_GOOD));
    results.path("notes").forEach(note -> summary.note(note.asText()));
    return summary;
  }

  private static Double boxed(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static <T> Optional<T> last(List<T> values) {
    return values.isEmpty() ? Optional.empty() : Optional.of(values.get(values.size() - 1));
  }
}
