package io.cogaze.report;

import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Draws the tables of metrics, of all stages and of all classes, and how each one is defined. */
final class ResultTables {
  private static final List<Column> COLUMNS =
      List.of(
          new Column(MetricNames.AUROC_MACRO, "Macro AUROC", 3, true),
          new Column(MetricNames.AUROC_MICRO, "Micro AUROC", 3, true),
          new Column(MetricNames.ACCURACY, "Accuracy", 3, true),
          new Column(MetricNames.CALIBRATION_ERROR, "Calibration error", 3, false),
          new Column(MetricNames.CC_MEAN, "CC", 3, true),
          new Column(MetricNames.KL_MEAN, "KL (nats)", 3, false),
          new Column(MetricNames.SIM_MEAN, "SIM", 3, true),
          new Column(MetricNames.HS_MEAN, "HS", 3, true),
          new Column(MetricNames.NSS_MEAN, "NSS", 2, true));

  private static final List<String> DEFINITIONS =
      List.of(
          "AUROC: exact area under the ROC curve, a tie counting one half, one class against the"
              + " rest. Macro: mean of the classes. Micro: over all (probability, one-hot truth)"
              + " pairs.",
          "Accuracy: share of images whose most probable class is the true one. Its floor: always"
              + " answering the largest class of the training split.",
          "Calibration error: mean gap between probability and hit rate of the chosen class, in ten"
              + " bins.",
          "Gaze-map metrics are means over images that have a gaze map, over all pixels of the"
              + " canvas, padding included. Their floor is the mean gaze map of the training split.",
          "CC: Pearson correlation; 0 for a constant map. KL: sum of g (ln g \u2212 ln p) in nats,"
              + " no epsilon; a p that underflowed to 0 counts as the smallest 32-bit float.",
          "SIM: both maps scaled from minimum to maximum, then to sum 1, sum of the minima. HS: the"
              + " same without the first step.",
          "NSS: mean standardised value of the predicted map at the fixations.",
          "Intervals: percentile bootstrap that draws patients with all their images; resamples in"
              + " which a class is missing are left out.");

  private final ReportContent content;
  private final Markup page;
  private final TableFrame tables;
  private final Metrics metrics;

  ResultTables(ReportContent content, Markup page, TableFrame tables, Metrics metrics) {
    this.content = content;
    this.page = page;
    this.tables = tables;
    this.metrics = metrics;
  }

  private record Column(String metric, String title, int digits, boolean higherIsBetter) {
    String heading() {
      return title + (higherIsBetter ? " \u2191" : " \u2193");
    }
  }

  void write() {
    page.open("section", "aria-labelledby", "results");
    page.element("h2", "Results on the " + content.split() + " split", "id", "results");
    tables.open(
        "Metrics of each stage, with 95 % bootstrap intervals by patient. Arrows show which way is"
            + " better. An empty cell: the stage has no such output."
            + keptMaps(),
        "results");
    List<Column> shown =
        COLUMNS.stream()
            .filter(c -> content.metrics().stream().anyMatch(r -> r.metric().equals(c.metric())))
            .toList();
    page.open("thead").open("tr").element("th", "Stage", "scope", "col");
    shown.forEach(column -> page.element("th", column.heading(), "scope", "col"));
    page.close("tr").close("thead").open("tbody");
    for (String stage : metrics.stages()) {
      page.open("tr", "class", Metrics.isReference(stage) ? "reference" : "stage");
      page.element("th", Metrics.stageTitle(stage), "scope", "row");
      Optional<String> mapsOf = metrics.mapsTakenFrom(stage);
      for (Column column : shown) {
        page.open("td");
        if (mapsOf.isPresent() && Metrics.isOfMaps(column.metric())) {
          page.element("span", "as " + mapsOf.get(), "class", "interval");
        } else {
          metrics.find(stage, column.metric()).ifPresent(row -> writeCell(row, column));
        }
        page.close("td");
      }
      page.close("tr");
    }
    page.close("tbody");
    tables.close();
    writePerClass();
    page.open("details", "open", "open")
        .element("summary", "How each figure is defined")
        .open("ul");
    for (String definition : DEFINITIONS) {
      page.element("li", definition);
    }
    page.close("ul").close("details").close("section");
  }

  private void writeCell(MetricRow row, Column column) {
    page.element("span", Numbers.fixed(row.value(), column.digits()), "class", "value");
    if (row.ciLow().isPresent()) {
      page.element(
          "span",
          Numbers.interval(row.ciLow(), row.ciHigh(), column.digits()),
          "class",
          "interval");
    }
  }

  private void writePerClass() {
    List<MetricRow> rows =
        content.metrics().stream().filter(r -> r.metric().equals(MetricNames.AUROC)).toList();
    if (rows.isEmpty()) {
      return;
    }
    tables.open("One-vs-rest AUROC of each class, with 95 % bootstrap intervals.", "results");
    page.open("thead").open("tr").element("th", "Stage", "scope", "col");
    content.classes().forEach(name -> page.element("th", name, "scope", "col"));
    page.close("tr").close("thead").open("tbody");
    Set<String> names = new LinkedHashSet<>();
    rows.forEach(row -> names.add(row.stage()));
    for (String stage : names) {
      page.open("tr", "class", Metrics.isReference(stage) ? "reference" : "stage");
      page.element("th", Metrics.stageTitle(stage), "scope", "row");
      for (String name : content.classes()) {
        page.open("td");
        rows.stream()
            .filter(row -> row.stage().equals(stage) && row.className().equals(name))
            .findFirst()
            .ifPresent(row -> writeCell(row, COLUMNS.get(0)));
        page.close("td");
      }
      page.close("tr");
    }
    page.close("tbody");
    tables.close();
  }

  /** Says which stages leave the maps of an earlier one as they are; empty for none. */
  private String keptMaps() {
    StringBuilder sentences = new StringBuilder();
    for (String stage : metrics.stages()) {
      metrics
          .mapsTakenFrom(stage)
          .ifPresent(
              earlier ->
                  sentences.append(
                      " Stage "
                          + stage
                          + " keeps the gaze maps of stage "
                          + earlier
                          + ", whose weights it does not change."));
    }
    return sentences.toString();
  }
}
