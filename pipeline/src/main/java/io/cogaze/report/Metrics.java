package io.cogaze.report;

import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds figures in the long table of metrics. */
record Metrics(List<MetricRow> rows) {
  private static final Set<String> OF_MAPS =
      Set.of(
          MetricNames.CC_MEAN,
          MetricNames.KL_MEAN,
          MetricNames.SIM_MEAN,
          MetricNames.HS_MEAN,
          MetricNames.NSS_MEAN);

  /** A metric of a stage over all classes. */
  Optional<MetricRow> find(String stage, String metric) {
    return rows.stream()
        .filter(row -> row.stage().equals(stage) && row.metric().equals(metric))
        .filter(row -> row.className().isEmpty())
        .findFirst();
  }

  /** The last trained stage that has the metric. */
  Optional<String> lastStageWith(String metric) {
    return rows.stream()
        .filter(row -> row.metric().equals(metric) && !isReference(row.stage()))
        .map(MetricRow::stage)
        .reduce((first, second) -> second);
  }

  /** Trained stages and references in the order of the table, without differences. */
  List<String> stages() {
    Set<String> names = new LinkedHashSet<>();
    rows.stream()
        .map(MetricRow::stage)
        .filter(stage -> !stage.contains("-minus-"))
        .forEach(names::add);
    return List.copyOf(names);
  }

  static boolean isOfMaps(String metric) {
    return OF_MAPS.contains(metric);
  }

  /**
   * The earlier stage whose maps a stage carries along unchanged, seen by equal figures in every
   * metric of maps; empty when the maps are its own.
   */
  Optional<String> mapsTakenFrom(String stage) {
    List<String> own = ofMaps(stage);
    if (own.isEmpty() || isReference(stage)) {
      return Optional.empty();
    }
    return stages().stream()
        .takeWhile(earlier -> !earlier.equals(stage))
        .filter(earlier -> !isReference(earlier) && ofMaps(earlier).equals(own))
        .findFirst();
  }

  private List<String> ofMaps(String stage) {
    return rows.stream()
        .filter(row -> row.stage().equals(stage) && isOfMaps(row.metric()))
        .map(row -> row.metric() + " " + row.value() + " " + row.ciLow() + " " + row.ciHigh())
        .sorted()
        .toList();
  }

  static boolean isReference(String stage) {
    return stage.equals(MetricRow.FLOOR)
        || stage.equals(MetricRow.SIMPLE_FEATURES)
        || stage.contains("-minus-");
  }

  static String stageTitle(String stage) {
    return switch (stage) {
      case MetricRow.FLOOR -> "floor (nothing learned from the image)";
      case MetricRow.SIMPLE_FEATURES -> "logistic regression on simple features";
      default -> stage;
    };
  }
}
