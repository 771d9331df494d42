package io.cogaze.report;

import io.cogaze.metric.Calibration;
import io.cogaze.metric.RocRanking;
import io.cogaze.report.ReportContent.Classifier;
import java.util.ArrayList;
import java.util.List;

/** Draws how each stage with a class output ranks, how sure it is, and what it takes for what. */
final class DiagnosisCharts {
  private final ReportContent content;
  private final Markup page;
  private final TableFrame tables;
  private int charts;

  DiagnosisCharts(ReportContent content, Markup page, TableFrame tables) {
    this.content = content;
    this.page = page;
    this.tables = tables;
  }

  void write() {
    if (content.classifiers().isEmpty()) {
      return;
    }
    page.open("section", "aria-labelledby", "diagnosis");
    page.element("h2", "Diagnosis in detail", "id", "diagnosis");
    for (Classifier classifier : content.classifiers()) {
      page.element("h3", "Stage " + classifier.stage());
      page.open("div", "class", "charts");
      roc(classifier);
      calibration(classifier);
      page.close("div");
      confusion(classifier);
    }
    page.close("section");
  }

  private void roc(Classifier classifier) {
    List<LineChart.Line> lines = new ArrayList<>();
    StringBuilder description = new StringBuilder("ROC curves, one class against the rest.");
    for (int c = 0; c < content.classes().size(); c++) {
      String name =
          content.classes().get(c) + ", AUROC " + Numbers.fixed(classifier.sample().auroc(c), 3);
      description.append(' ').append(name).append('.');
      List<LineChart.Point> points = new ArrayList<>();
      for (RocRanking.Point p : classifier.sample().rocCurve(c)) {
        points.add(new LineChart.Point(p.falsePositiveRate(), p.truePositiveRate()));
      }
      lines.add(new LineChart.Line(name, c, points));
    }
    new LineChart(
            "ROC of each class against the rest",
            "false positive rate",
            "true positive rate",
            lines,
            LineChart.Axis.UNIT,
            LineChart.Axis.UNIT,
            "chance",
            description.toString())
        .write(page, "diagnosis-" + charts++);
  }

  private void calibration(Classifier classifier) {
    Calibration calibration = classifier.sample().calibration(10);
    List<LineChart.Point> points = new ArrayList<>();
    StringBuilder description =
        new StringBuilder("Hit rate of the chosen class against its probability.");
    for (Calibration.Bin bin : calibration.bins()) {
      points.add(new LineChart.Point(Math.min(1, bin.meanConfidence()), bin.accuracy()));
      description
          .append(" Probability ")
          .append(Numbers.fixed(bin.meanConfidence(), 2))
          .append(": right in ")
          .append(Numbers.fixed(bin.accuracy(), 2))
          .append(" of ")
          .append(bin.count())
          .append('.');
    }
    new LineChart(
            "Calibration of the chosen class",
            "its probability",
            "share right",
            List.of(
                new LineChart.Line(
                    "the run, expected error " + Numbers.fixed(calibration.expectedError(), 3),
                    0,
                    points)),
            LineChart.Axis.UNIT,
            LineChart.Axis.UNIT,
            "perfect calibration",
            description.toString())
        .write(page, "diagnosis-" + charts++);
  }

  private void confusion(Classifier classifier) {
    long[][] counts = classifier.sample().confusion();
    tables.open("Confusion matrix: images of each true class by predicted class.", "confusion");
    page.open("thead").open("tr").element("th", "true \\ predicted", "scope", "col");
    content.classes().forEach(name -> page.element("th", name, "scope", "col"));
    page.close("tr").close("thead").open("tbody");
    for (int t = 0; t < counts.length; t++) {
      page.open("tr").element("th", content.classes().get(t), "scope", "row");
      for (int p = 0; p < counts.length; p++) {
        page.element("td", "" + counts[t][p], "class", t == p ? "diagonal" : "off");
      }
      page.close("tr");
    }
    page.close("tbody");
    tables.close();
  }
}
