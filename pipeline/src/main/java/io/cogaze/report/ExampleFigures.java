package io.cogaze.report;

import io.cogaze.report.ReportContent.ShownExample;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Draws the chosen examples: the X-ray, both gaze maps on it, and what the run says of it. */
final class ExampleFigures {
  private final ReportContent content;
  private final ReportSettings settings;
  private final Markup page;

  ExampleFigures(ReportContent content, ReportSettings settings, Markup page) {
    this.content = content;
    this.settings = settings;
    this.page = page;
  }

  void write() {
    page.open("section", "aria-labelledby", "examples");
    page.element("h2", "Examples", "id", "examples");
    if (content.examples().isEmpty()) {
      page.element("p", "No pictures: the predictions of this evaluation hold no maps.");
      page.close("section");
      return;
    }
    page.element(
        "p",
        "For each class: right answers spread evenly over the quality of the gaze map (no picking of"
            + " the best), and the wrong answers that were given with the most confidence. Both maps"
            + " of an example have the same scale: the lightest colour is the higher of their two"
            + " peaks. Under each map stands how many times higher its peak is than a map that looks"
            + " everywhere alike; a map near 1\u00d7 points nowhere.");
    writeColourBar();
    for (ShownExample example : content.examples()) {
      writeExample(example);
    }
    page.close("section");
  }

  private void writeColourBar() {
    page.open("div", "class", "colour-bar").text("no look ");
    page.open(
        "svg",
        "viewBox",
        "0 0 64 8",
        "preserveAspectRatio",
        "none",
        "role",
        "img",
        "aria-label",
        "Colour scale of the maps");
    for (int i = 0; i < 64; i++) {
      page.leaf(
          "rect",
          "x",
          "" + i,
          "width",
          "1.05",
          "height",
          "8",
          "fill",
          "#" + String.format("%06x", ColourMap.colour(i / 63.0)));
    }
    page.close("svg").text(" highest peak of the two maps").close("div");
  }

  private void writeExample(ShownExample example) {
    page.open("figure", "class", example.right() ? "example" : "example wrong");
    page.open("div", "class", "pictures");
    Overlay.Raster raster = new Overlay.Raster(example.height(), example.width(), example.pixels());
    picture(
        "X-ray",
        "Chest X-ray " + example.exampleId() + ", true class " + example.trueClass(),
        Overlay.picture(raster, settings.imageMaxPx()));
    List<float[]> maps =
        Stream.of(example.trueMap(), example.predictedMap()).flatMap(Optional::stream).toList();
    double top = Overlay.commonPeak(maps);
    example
        .trueMap()
        .ifPresent(
            map ->
                picture(
                    "where the reader looked" + peak(map),
                    "The same X-ray under the reader's gaze map",
                    Overlay.under(raster, map, top, settings.imageMaxPx())));
    example
        .predictedMap()
        .ifPresent(
            map ->
                picture(
                    "where the model expects the look" + peak(map),
                    "The same X-ray under the predicted gaze map",
                    Overlay.under(raster, map, top, settings.imageMaxPx())));
    page.close("div").open("figcaption");
    page.open("p");
    page.element(
        "strong",
        (example.right() ? "\u2713 " : "\u2717 ")
            + example.trueClass()
            + (example.right() ? "" : ", taken for " + example.predictedClass()));
    page.text(" \u2014 " + example.why());
    page.close("p");
    page.open("ul", "class", "bars");
    for (int c = 0; c < content.classes().size(); c++) {
      String percent = Numbers.fixed(100.0 * example.probabilities().get(c), 1);
      page.open("li");
      page.element("span", content.classes().get(c), "class", "name");
      page.open("span", "class", "bar", "aria-hidden", "true");
      page.element(
          "span",
          "",
          "class",
          "fill",
          "style",
          "width:" + Numbers.coordinate(100.0 * example.probabilities().get(c)) + "%");
      page.close("span").element("span", percent + "\u00a0%");
      page.close("li");
    }
    page.close("ul");
    page.element(
        "p",
        example.exampleId() + (example.scores().isEmpty() ? "" : " \u00b7 " + example.scores()),
        "class",
        "small");
    page.close("figcaption").close("figure");
  }

  private void picture(String caption, String alternative, String dataUri) {
    page.open("div").leaf("img", "alt", alternative, "src", dataUri);
    page.element("span", caption).close("div");
  }

  private static String peak(float[] map) {
    double ratio = Overlay.peakOverMean(map);
    return ratio == 0
        ? ", empty"
        : ", peak " + Numbers.fixed(ratio, ratio < 10 ? 1 : 0) + "\u00d7 uniform";
  }
}
