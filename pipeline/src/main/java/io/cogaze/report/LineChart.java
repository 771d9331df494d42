package io.cogaze.report;

import java.util.List;

/**
 * A line chart as inline SVG. Lines differ in colour and in dash pattern, so that they can be told
 * apart in print and without colour vision. Axes run over round numbers.
 *
 * @param description what a reader who cannot see it should know
 * @param diagonal what the line y = x means; empty to leave it out
 */
record LineChart(
    String title,
    String xLabel,
    String yLabel,
    List<Line> lines,
    Axis x,
    Axis y,
    String diagonal,
    String description) {
  private static final int WIDTH = 420;
  private static final int HEIGHT = 300;
  private static final int LEFT = 58;
  private static final int RIGHT = 12;
  private static final int TOP = 12;
  private static final int BOTTOM = 46;
  private static final String[] DASHES = {"", "7 4", "2 3", "9 3 2 3"};

  /**
   * A named sequence of points.
   *
   * @param style number of its colour and dash pattern
   */
  record Line(String name, int style, List<Point> points) {
    boolean isSinglePoint() {
      return points.size() == 1;
    }

    String series() {
      return "series-" + style % DASHES.length;
    }

    String dashes() {
      return DASHES[style % DASHES.length];
    }
  }

  /** A point in data units. */
  record Point(double x, double y) {}

  /** An axis over [from, to] with a tick at each multiple of step. */
  record Axis(double from, double to, double step) {
    /** The unit interval. */
    static final Axis UNIT = new Axis(0, 1, 0.2);

    /** The smallest axis over round numbers that holds these values. */
    static Axis over(double min, double max) {
      double low = min;
      double high = max;
      if (!(high > low)) {
        double half = low == 0 ? 0.5 : Math.abs(low) / 2;
        low -= half;
        high += half;
      }
      double raw = (high - low) / 7;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      double step = power * 10;
      for (double factor : new double[] {1, 2, 5}) {
        if (raw <= factor * power * 1.0000001) {
          step = factor * power;
          break;
        }
      }
      return new Axis(Math.floor(low / step) * step, Math.ceil(high / step) * step, step);
    }

    /** The smallest axis over whole numbers, for instance epochs; a tick is a whole number. */
    static Axis whole(double min, double max) {
      double low = Math.floor(min);
      double high = Math.ceil(max);
      if (low == high) {
        return new Axis(low - 1, high + 1, 1);
      }
      double step = Math.max(1, over(low, high).step());
      return new Axis(Math.floor(low / step) * step, Math.ceil(high / step) * step, step);
    }

    int ticks() {
      return (int) Math.round((to - from) / step);
    }

    double tick(int k) {
      return from + k * step;
    }

    int digits() {
      return (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    }

    double share(double value) {
      return (value - from) / (to - from);
    }
  }

  /**
   * Adds the chart to a page.
   *
   * @param name of the chart, different from that of every other one on the page
   */
  void write(Markup page, String name) {
    String titleId = "chart-" + name;
    page.open("figure", "class", "chart");
    page.element("figcaption", title, "id", titleId);
    page.open(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + HEIGHT,
        "role",
        "img",
        "aria-labelledby",
        titleId + " " + titleId + "-description");
    page.element("desc", description, "id", titleId + "-description");
    writeAxes(page);
    if (!diagonal.isEmpty()) {
      page.leaf("path", "class", "chance", "d", path(List.of(new Point(0, 0), new Point(1, 1))));
    }
    for (Line line : lines) {
      if (!line.isSinglePoint()) {
        page.leaf(
            "path",
            "class",
            "line " + line.series(),
            "stroke-dasharray",
            line.dashes(),
            "d",
            path(line.points()));
      }
      if (line.points().size() <= (diagonal.isEmpty() ? 40 : 10)) {
        for (Point p : line.points()) {
          page.leaf(
              "circle",
              "class",
              "dot " + line.series(),
              "cx",
              Numbers.coordinate(px(p.x())),
              "cy",
              Numbers.coordinate(py(p.y())),
              "r",
              line.isSinglePoint() ? "4.5" : "2.4");
        }
      }
    }
    page.close("svg");
    writeLegend(page);
    page.close("figure");
  }

  private void writeAxes(Markup page) {
    for (int k = 0; k <= y.ticks(); k++) {
      String at = Numbers.coordinate(py(y.tick(k)));
      page.leaf(
          "line", "class", "grid", "x1", "" + LEFT, "x2", "" + (WIDTH - RIGHT), "y1", at, "y2", at);
      page.element(
          "text",
          Numbers.fixed(y.tick(k), y.digits()),
          "x",
          "" + (LEFT - 6),
          "y",
          Numbers.coordinate(py(y.tick(k)) + 4),
          "text-anchor",
          "end");
    }
    for (int k = 0; k <= x.ticks(); k++) {
      String at = Numbers.coordinate(px(x.tick(k)));
      page.leaf(
          "line",
          "class",
          "grid",
          "x1",
          at,
          "x2",
          at,
          "y1",
          "" + TOP,
          "y2",
          "" + (HEIGHT - BOTTOM));
      page.element(
          "text",
          Numbers.fixed(x.tick(k), x.digits()),
          "x",
          at,
          "y",
          "" + (HEIGHT - BOTTOM + 16),
          "text-anchor",
          "middle");
    }
    page.element(
        "text",
        xLabel,
        "x",
        "" + (LEFT + WIDTH - RIGHT) / 2,
        "y",
        "" + (HEIGHT - 8),
        "text-anchor",
        "middle");
    page.element(
        "text",
        yLabel,
        "transform",
        "translate(13 " + (TOP + HEIGHT - BOTTOM) / 2 + ") rotate(-90)",
        "text-anchor",
        "middle");
  }

  private void writeLegend(Markup page) {
    page.open("ul", "class", "legend");
    for (Line line : lines) {
      page.open("li");
      page.open("svg", "viewBox", "0 0 34 10", "aria-hidden", "true");
      if (line.isSinglePoint()) {
        page.leaf("circle", "class", "dot " + line.series(), "cx", "17", "cy", "5", "r", "4.5");
      } else {
        page.leaf(
            "path",
            "class",
            "line " + line.series(),
            "stroke-dasharray",
            line.dashes(),
            "d",
            "M1 5H33");
      }
      page.close("svg");
      page.text(line.name());
      page.close("li");
    }
    if (!diagonal.isEmpty()) {
      page.open("li");
      page.open("svg", "viewBox", "0 0 34 10", "aria-hidden", "true");
      page.leaf("path", "class", "chance", "d", "M1 5H33");
      page.close("svg");
      page.text(diagonal);
      page.close("li");
    }
    page.close("ul");
  }

  private String path(List<Point> points) {
    StringBuilder d = new StringBuilder();
    for (Point p : points) {
      d.append(d.length() == 0 ? "M" : "L")
          .append(Numbers.coordinate(px(p.x())))
          .append(' ')
          .append(Numbers.coordinate(py(p.y())));
    }
    return d.toString();
  }

  private double px(double value) {
    return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
  }

  private double py(double value) {
    return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
  }
}
