package io.cogaze.report;

import io.cogaze.report.ReportContent.Curve;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Draws what training measured, epoch by epoch. */
final class TrainingCharts {
  private final ReportContent content;
  private final Markup page;
  private int charts;

  TrainingCharts(ReportContent content, Markup page) {
    this.content = content;
    this.page = page;
  }

  void write() {
    page.open("section", "aria-labelledby", "training");
    page.element("h2", "Training", "id", "training");
    if (content.curves().isEmpty()) {
      page.element("p", "This run folder holds no training metrics.");
    }
    Map<String, List<Curve>> byChart = new LinkedHashMap<>();
    for (Curve curve : content.curves()) {
      byChart
          .computeIfAbsent(
              "Stage " + curve.stage() + ": " + curve.metric().replace('_', ' '),
              title -> new ArrayList<>())
          .add(curve);
    }
    page.open("div", "class", "charts");
    byChart.forEach(this::trainingChart);
    page.close("div").close("section");
  }

  private void trainingChart(String title, List<Curve> curves) {
    List<LineChart.Line> lines = new ArrayList<>();
    double[] range = {
      Double.MAX_VALUE, -Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE,
    };
    StringBuilder description = new StringBuilder(title).append('.');
    for (Curve curve : curves) {
      List<LineChart.Point> points = new ArrayList<>();
      for (int i = 0; i < curve.x().size(); i++) {
        double x = curve.x().get(i);
        double y = curve.y().get(i);
        if (Double.isFinite(x) && Double.isFinite(y)) {
          points.add(new LineChart.Point(x, y));
          range[0] = Math.min(range[0], x);
          range[1] = Math.max(range[1], x);
          range[2] = Math.min(range[2], y);
          range[3] = Math.max(range[3], y);
        }
      }
      if (!points.isEmpty()) {
        // The same split looks the same in every chart.
        String name =
            points.size() == 1
                ? curve.split() + ", one value: " + Numbers.fixed(points.get(0).y(), 4)
                : curve.split();
        lines.add(new LineChart.Line(name, curve.split().equals("valid") ? 1 : 0, points));
        description
            .append(' ')
            .append(curve.split())
            .append(": from ")
            .append(Numbers.fixed(points.get(0).y(), 4))
            .append(" to ")
            .append(Numbers.fixed(points.get(points.size() - 1).y(), 4))
            .append('.');
      }
    }
    if (lines.isEmpty()) {
      return;
    }
    new LineChart(
            title,
            curves.get(0).step(),
            curves.get(0).metric().replace('_', ' '),
            lines,
            LineChart.Axis.whole(range[0], range[1]),
            LineChart.Axis.over(range[2], range[3]),
            "",
            description.toString())
        .write(page, "training-" + charts++);
  }
}
