package io.cogaze.report;

import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import java.util.Optional;

/** Draws the section that says in short how good the run is, and whether that is good at all. */
final class Headline {
  private final Markup page;
  private final Metrics metrics;

  Headline(Markup page, Metrics metrics) {
    this.page = page;
    this.metrics = metrics;
  }

  void write() {
    page.open("section", "aria-labelledby", "headline");
    page.element("h2", "In short", "id", "headline");
    page.open("div", "class", "cards");
    Optional<String> classStage = metrics.lastStageWith(MetricNames.AUROC_MACRO);
    Optional<String> mapStage =
        metrics
            .lastStageWith(MetricNames.CC_MEAN)
            .map(stage -> metrics.mapsTakenFrom(stage).orElse(stage));
    classStage.ifPresent(
        stage -> {
          card("Diagnosis: macro AUROC", stage, MetricNames.AUROC_MACRO, "chance", true);
          card("Diagnosis: accuracy", stage, MetricNames.ACCURACY, "largest class", true);
        });
    mapStage.ifPresent(
        stage -> {
          card("Gaze map: correlation (CC)", stage, MetricNames.CC_MEAN, "mean gaze map", true);
          card("Gaze map: KL divergence, nats", stage, MetricNames.KL_MEAN, "mean gaze map", false);
        });
    page.close("div");
    page.open("ul");
    writeDifferences();
    metrics
        .find(MetricRow.SIMPLE_FEATURES, MetricNames.AUROC_MACRO)
        .ifPresent(simple -> writeSimple(simple, classStage));
    page.close("ul").close("section");
  }

  /** How a figure stands to its floor, in a word and as a style of the card. */
  private enum Standing {
    BETTER("\u2713 better than the floor", "card better"),
    UNCLEAR("\u2248 the interval holds the floor", "card unclear"),
    WORSE("\u2717 worse than the floor", "card worse");

    private final String words;
    private final String style;

    Standing(String words, String style) {
      this.words = words;
      this.style = style;
    }

    static Optional<Standing> of(MetricRow row, Optional<MetricRow> floor, boolean higherIsBetter) {
      if (row.value().isEmpty() || floor.isEmpty() || floor.get().value().isEmpty()) {
        return Optional.empty();
      }
      double level = floor.get().value().getAsDouble();
      double gain = row.value().getAsDouble() - level;
      if (higherIsBetter ? gain < 0 : gain > 0) {
        return Optional.of(WORSE);
      }
      boolean held =
          gain == 0
              || (row.ciLow().orElse(Double.MAX_VALUE) <= level
                  && row.ciHigh().orElse(-Double.MAX_VALUE) >= level);
      return Optional.of(held ? UNCLEAR : BETTER);
    }
  }

  private void card(
      String title, String stage, String metric, String floorName, boolean higherIsBetter) {
    Optional<MetricRow> row = metrics.find(stage, metric);
    if (row.isEmpty()) {
      return;
    }
    Optional<MetricRow> floor = metrics.find(MetricRow.FLOOR, metric);
    Optional<Standing> standing = Standing.of(row.get(), floor, higherIsBetter);
    page.open("div", "class", standing.map(s -> s.style).orElse("card"));
    page.element("p", title, "class", "card-title");
    page.element("p", Numbers.fixed(row.get().value(), 3), "class", "figure");
    page.element(
        "p", "95 % interval " + Numbers.interval(row.get().ciLow(), row.get().ciHigh(), 3));
    floor.ifPresent(
        level ->
            page.element(
                "p",
                "floor (" + floorName + ") " + Numbers.fixed(level.value(), 3),
                "class",
                "floor"));
    standing.ifPresent(s -> page.element("p", s.words, "class", "standing"));
    page.element("p", "stage " + stage + ", n = " + row.get().n(), "class", "small");
    page.close("div");
  }

  private void writeDifferences() {
    for (MetricRow row : metrics.rows()) {
      if (row.stage().contains("-minus-")) {
        page.element(
            "li",
            "Macro AUROC of "
                + row.stage().replace("-minus-", " minus ")
                + ": "
                + Numbers.fixed(row.value(), 3)
                + " (95 % interval "
                + Numbers.interval(row.ciLow(), row.ciHigh(), 3)
                + ", paired bootstrap by patient).");
      }
    }
  }

  private void writeSimple(MetricRow simple, Optional<String> classStage) {
    page.element(
        "li",
        "Logistic regression on brightness, histogram and an 8\u00d78 thumbnail reaches"
            + " macro AUROC "
            + Numbers.fixed(simple.value(), 3)
            + " ("
            + Numbers.interval(simple.ciLow(), simple.ciHigh(), 3)
            + "): what the classes give away without looking at anatomy.");
    classStage
        .flatMap(stage -> metrics.find(stage, MetricNames.AUROC_MACRO))
        .filter(
            network ->
                network.value().isPresent()
                    && simple.value().isPresent()
                    && simple.value().getAsDouble() >= network.value().getAsDouble())
        .ifPresent(
            network -> {
              page.open("li").open("strong");
              page.text(
                  "The network does not beat that simple baseline: macro AUROC "
                      + Numbers.fixed(network.value(), 3)
                      + " of stage "
                      + network.stage()
                      + " against "
                      + Numbers.fixed(simple.value(), 3)
                      + ". It has not been shown to read more from these pictures than brightness"
                      + " and coarse shape.");
              page.close("strong").close("li");
            });
  }
}
