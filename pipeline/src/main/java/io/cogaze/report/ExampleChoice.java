package io.cogaze.report;

import io.cogaze.inference.Prediction;
import io.cogaze.report.ReportContent.ShownExample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Chooses the examples of a report, by a rule that leaves no room for picking the best. */
final class ExampleChoice {
  private final EvaluationTables tables;
  private final ReportSettings settings;

  ExampleChoice(EvaluationTables tables, ReportSettings settings) {
    this.tables = tables;
    this.settings = settings;
  }

  /** The examples to show: which and why, then their pictures. */
  List<ShownExample> examples(
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
    Map<String, Prediction> pictures =
        chosen.isEmpty() ? Map.of() : tables.pictures(mapStage, chosen.keySet());
    List<ShownExample> examples = new ArrayList<>();
    chosen.forEach(
        (id, row) -> {
          if (pictures.containsKey(id)) {
            examples.add(shown(row, why.get(id), pictures.get(id), classes));
          }
        });
    return examples;
  }

  private static ShownExample shown(
      ScoredRow scored, String why, Prediction picture, List<String> classes) {
    byte[] bytes = picture.pixels().orElseThrow();
    float[] pixels = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      pixels[i] = (bytes[i] & 0xFF) / 255f;
    }
    List<Float> probabilities = new ArrayList<>();
    for (float p : scored.probabilities()) {
      probabilities.add(p);
    }
    return new ShownExample(
        scored.exampleId(),
        why,
        classes.get(scored.label()),
        classes.get(scored.predicted()),
        probabilities,
        picture.height(),
        picture.width(),
        pixels,
        picture.gaze(),
        picture.map(),
        picture
            .scores()
            .map(
                scores ->
                    "CC "
                        + Numbers.fixed(scores.cc(), 3)
                        + ", KL "
                        + Numbers.fixed(scores.kl(), 3)
                        + ", SIM "
                        + Numbers.fixed(scores.sim(), 3))
            .orElse(""));
  }
}
