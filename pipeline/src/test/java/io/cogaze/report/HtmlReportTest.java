package io.cogaze.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import io.cogaze.shard.Leakage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlReportTest {
  private static final ReportSettings SETTINGS = new ReportSettings(2, 320);

  @Test
  void reportIsWellFormedAndEveryPictureHasAnAlternativeText() throws Exception {
    Document document = parse(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS));
    List<Element> images = elements(document, "img");
    assertThat(images).hasSize(9);
    for (Element image : images) {
      assertThat(image.getAttribute("alt")).isNotBlank();
      String data = image.getAttribute("src");
      assertThat(data).startsWith("data:image/png;base64,");
      byte[] png = Base64.getDecoder().decode(data.substring(data.indexOf(',') + 1));
      assertThat(ImageIO.read(new ByteArrayInputStream(png)).getHeight()).isEqualTo(96);
    }
    assertThat(elements(document, "h1")).hasSize(1);
    List<String> ids = new ArrayList<>();
    for (Element element : elements(document, "*")) {
      if (!element.getAttribute("id").isEmpty()) {
        ids.add(element.getAttribute("id"));
      }
    }
    assertThat(ids).doesNotHaveDuplicates();
    for (Element svg : elements(document, "svg")) {
      assertThat(
              svg.hasAttribute("aria-labelledby")
                  || svg.hasAttribute("aria-label")
                  || svg.getAttribute("aria-hidden").equals("true"))
          .isTrue();
    }
  }

  @Test
  void reportNeedsNoOtherFileNoNetworkAndNoScript() {
    String html = HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS);
    assertThat(html)
        .doesNotContain("<script", "http:", "https:", "@import", "url(", "<link", "<iframe");
    assertThat(html).doesNotContainPattern("\\bon[a-z]+=\"");
  }

  @Test
  void syntheticDataAreSaidToBeSyntheticAndRealOnesAreNot() {
    assertThat(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS))
        .contains("SYNTHETIC DATA. ", "egd-cxr (synthetic)", "not for clinical use");
    assertThat(HtmlReport.render(ReportSamples.withSeed(1, false), SETTINGS))
        .doesNotContainIgnoringCase("synthetic")
        .contains("not for clinical use");
  }

  @Test
  void figuresStandBesideTheirIntervalAndFloor() {
    String html = HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS);
    assertThat(html)
        .contains("95 % interval 0.590 to 0.630", "floor (mean gaze map) 0.440")
        .contains("Macro AUROC of fuse minus classify: 0.012 (95 % interval \u22120.008 to 0.032");
  }

  @Test
  void textFromDataCannotBecomeMarkup() throws Exception {
    ReportContent safe = ReportSamples.withSeed(1, true);
    String evil = "<script>alert(\"1\")</script>&'\u0000";
    ReportContent content =
        new ReportContent(
            evil,
            safe.split(),
            true,
            evil,
            safe.classes(),
            safe.splits(),
            Optional.of(new Leakage(evil, 1, 1)),
            safe.metrics(),
            safe.classifiers(),
            List.of(
                new ReportContent.ShownExample(
                    evil,
                    evil,
                    evil,
                    evil,
                    List.of(.1f, .2f, .7f),
                    1,
                    2,
                    new float[2],
                    Optional.empty(),
                    Optional.empty(),
                    evil)),
            List.of(
                new ReportContent.Curve(
                    evil, evil, evil, evil, List.of(1.0, 2.0), List.of(3.0, 3.0))),
            List.of(new ReportContent.FactGroup(evil, List.of(new ReportContent.Fact(evil, evil)))),
            List.of(evil));
    String html = HtmlReport.render(content, SETTINGS);
    assertThat(html)
        .doesNotContain("<script")
        .contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;\uFFFD");
    assertThat(elements(parse(html), "script")).isEmpty();
  }

  @Test
  void emptyRunStillGivesAReadableReport() throws Exception {
    ReportContent content =
        new ReportContent(
            "bare",
            "test",
            false,
            "egd-cxr",
            List.of("a", "b"),
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of("No stage was evaluated."));
    String html = HtmlReport.render(content, SETTINGS);
    parse(html);
    assertThat(html)
        .contains("No stage was evaluated.", "No pictures", "holds no training metrics");
  }

  @Test
  void sameContentGivesTheSameBytes() {
    assertThat(HtmlReport.render(ReportSamples.withSeed(3, true), SETTINGS))
        .isEqualTo(HtmlReport.render(ReportSamples.withSeed(3, true), SETTINGS));
  }

  @Test
  void colourMapRisesEvenlyInLightness() {
    double step =
        (ColourMap.lightness(ColourMap.colour(1)) - ColourMap.lightness(ColourMap.colour(0))) / 255;
    for (int i = 1; i < 256; i++) {
      double rise =
          ColourMap.lightness(ColourMap.colour(i / 255.0))
              - ColourMap.lightness(ColourMap.colour((i - 1) / 255.0));
      assertThat(rise).as("step %d", i).isCloseTo(step, within(0.006));
    }
    assertThat(ColourMap.lightness(ColourMap.colour(1))).isGreaterThan(0.9);
    assertThat(ColourMap.lightness(ColourMap.colour(-1))).isLessThan(0.3);
  }

  @Test
  void overlayOfAMapOfZerosIsThePictureItself() {
    Overlay.Raster raster = new Overlay.Raster(2, 2, new float[] {0, .25f, .5f, 1});
    assertThat(Overlay.under(raster, new float[4], 4, 64)).isEqualTo(Overlay.picture(raster, 64));
    assertThat(Overlay.under(raster, new float[] {0, 0, 0, 1}, 4, 64))
        .isNotEqualTo(Overlay.picture(raster, 64));
  }

  @Test
  void nearlyUniformMapIsNotDrawnAsIfItPointedEverywhere() throws Exception {
    float[] uniform = new float[400];
    Arrays.fill(uniform, 1f / 400);
    float[] peaked = new float[400];
    peaked[210] = 1;
    assertThat(Overlay.peakOverMean(uniform)).isCloseTo(1, within(1e-4));
    assertThat(Overlay.peakOverMean(peaked)).isEqualTo(400);
    assertThat(Overlay.peakOverMean(new float[400])).isZero();
    assertThat(Overlay.commonPeak(List.of(uniform, peaked))).isEqualTo(400);
    Overlay.Raster black = new Overlay.Raster(20, 20, new float[400]);

    double top = Overlay.commonPeak(List.of(uniform));
    assertThat(top).as("a lone uniform map stays dim too").isEqualTo(4);
    int dim = png(Overlay.under(black, uniform, top, 64)).getRGB(10, 10) & 0xFFFFFF;
    int bright = png(Overlay.under(black, peaked, 400, 64)).getRGB(10, 10) & 0xFFFFFF;
    assertThat(ColourMap.lightness(bright)).isGreaterThan(0.75);
    assertThat(ColourMap.lightness(dim)).isLessThan(0.3);
  }

  private static BufferedImage png(String dataUri) throws IOException {
    byte[] bytes = Base64.getDecoder().decode(dataUri.substring(dataUri.indexOf(',') + 1));
    return ImageIO.read(new ByteArrayInputStream(bytes));
  }

  @Test
  void mapsStandBesideTheRatioOfTheirPeakToAUniformMap() {
    assertThat(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS))
        .containsPattern("where the reader looked, peak [0-9.]+\u00d7 uniform")
        .containsPattern("where the model expects the look, peak [0-9.]+\u00d7 uniform");
  }

  @Test
  void splitsAreOnlySaidToBeCleanWhenTheyAre() {
    ReportContent clean = ReportSamples.withSeed(1, true);
    assertThat(HtmlReport.render(clean, SETTINGS))
        .contains("Splits are by patient: no patient and no picture is in two.")
        .doesNotContain("LEAKED");

    Leakage leak = new Leakage("authors-by-image", 2, 1);
    assertThat(HtmlReport.render(ReportSamples.with(clean, Optional.of(leak)), SETTINGS))
        .contains(
            "banner danger",
            "LEAKED SPLITS. ",
            "Splits are not by patient (rule authors-by-image): 2 patients have examples in more than"
                + " one split, and 1 picture is in more than one split under different ids.")
        .doesNotContain("no patient");

    assertThat(HtmlReport.render(ReportSamples.with(clean, Optional.empty()), SETTINGS))
        .contains("Whether a patient is in two of them is not recorded")
        .doesNotContain("no patient", "LEAKED");
  }

  @Test
  void figuresBelowTheirFloorAreMarkedByWordAndColour() {
    ReportContent safe = ReportSamples.withSeed(1, true);
    assertThat(HtmlReport.render(safe, SETTINGS))
        .contains("\u2713 better than the floor")
        .doesNotContain("worse than the floor", "The network does not beat");

    List<MetricRow> poor =
        List.of(
            ReportSamples.row("fuse", MetricNames.AUROC_MACRO, "", 0.406, OptionalDouble.of(0.05)),
            ReportSamples.row("fuse", MetricNames.CC_MEAN, "", 0.45, OptionalDouble.of(0.05)),
            ReportSamples.row("fuse", MetricNames.KL_MEAN, "", 1.4, OptionalDouble.of(0.05)),
            ReportSamples.row("floor", MetricNames.AUROC_MACRO, "", 0.5, OptionalDouble.empty()),
            ReportSamples.row("floor", MetricNames.CC_MEAN, "", 0.44, OptionalDouble.empty()),
            ReportSamples.row("floor", MetricNames.KL_MEAN, "", 1.3, OptionalDouble.empty()),
            ReportSamples.row(
                "simple-features", MetricNames.AUROC_MACRO, "", 0.706, OptionalDouble.of(0.05)));
    String html = HtmlReport.render(ReportSamples.with(safe, poor), SETTINGS);
    assertThat(html.split("card worse", -1)).as("AUROC too low, KL too high").hasSize(3);
    assertThat(html)
        .contains("\u2717 worse than the floor", "\u2248 the interval holds the floor")
        .contains(
            "The network does not beat that simple baseline: macro AUROC 0.406 of stage fuse against"
                + " 0.706.");
  }

  @Test
  void stageThatKeepsTheMapsOfAnEarlierOneRefersToIt() {
    assertThat(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS))
        .contains("Stage fuse keeps the gaze maps of stage saliency", ">as saliency<");
  }

  @Test
  void curveOfOneEpochIsADotOnAnAxisOfWholeNumbers() throws Exception {
    ReportContent content =
        ReportSamples.withCurves(
            ReportSamples.withSeed(1, true),
            List.of(
                new ReportContent.Curve(
                    "classify", "loss", "train", "epoch", List.of(1.0), List.of(1.0987))));
    Document document = parse(HtmlReport.render(content, SETTINGS));
    Element chart =
        elements(document, "figure").stream()
            .filter(figure -> figure.getTextContent().contains("Stage classify: loss"))
            .findFirst()
            .orElseThrow();
    assertThat(chart.getElementsByTagName("circle").getLength())
        .as("one in the chart, one in the legend")
        .isEqualTo(2);
    assertThat(chart.getElementsByTagName("path").getLength()).isZero();
    assertThat(chart.getTextContent()).contains("train, one value: 1.0987");
  }

  @Test
  void epochsAreCountedInWholeNumbers() {
    assertThat(LineChart.Axis.whole(1, 1)).isEqualTo(new LineChart.Axis(0, 2, 1));
    assertThat(LineChart.Axis.whole(1, 2)).isEqualTo(new LineChart.Axis(1, 2, 1));
    assertThat(LineChart.Axis.whole(1, 5)).isEqualTo(new LineChart.Axis(1, 5, 1));
    assertThat(LineChart.Axis.whole(1, 40)).isEqualTo(new LineChart.Axis(0, 40, 10));
  }

  @Test
  void captionsStandOutsideTheBoxInWhichAWideTableScrolls() throws Exception {
    Document document = parse(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS));
    assertThat(elements(document, "caption")).isEmpty();
    for (Element table : elements(document, "table")) {
      Element box = (Element) table.getParentNode();
      assertThat(box.getAttribute("class")).isEqualTo("scroll");
      Element figure = (Element) box.getParentNode();
      Element caption = (Element) figure.getElementsByTagName("figcaption").item(0);
      assertThat(caption.getParentNode()).isEqualTo(figure);
      assertThat(caption.getTextContent()).isNotBlank();
      assertThat(table.getAttribute("aria-labelledby")).isEqualTo(caption.getAttribute("id"));
    }
  }

  @Test
  void legendsSayWhatTheirFiguresAre() {
    assertThat(HtmlReport.render(ReportSamples.withSeed(1, true), SETTINGS))
        .containsPattern(">Normal, AUROC 0\\.[0-9]{3}<|Normal, AUROC 0\\.[0-9]{3}\\.")
        .contains("perfect calibration", "chance");
  }

  @Test
  void largePicturesAreReducedByAveraging() {
    float[] values = {1, 0, .5f, .5f, 0, 1, .5f, .5f, .25f, .25f, 1, 1};
    Overlay.Raster small = new Overlay.Raster(3, 4, values).reducedTo(2);
    assertThat(small.height()).isEqualTo(2);
    assertThat(small.width()).isEqualTo(2);
    assertThat(small.values()).containsExactly(.5f, .5f, .25f, 1);
    assertThatThrownBy(() -> new Overlay.Raster(2, 2, new float[3]))
        .hasMessage("A raster of 2 x 2 has 3 values");
  }

  @Test
  void axesRunOverRoundNumbers() {
    assertThat(LineChart.Axis.over(0.03, 1.07)).isEqualTo(new LineChart.Axis(0, 6 * 0.2, 0.2));
    assertThat(LineChart.Axis.over(1, 12)).isEqualTo(new LineChart.Axis(0, 12, 2));
    LineChart.Axis flat = LineChart.Axis.over(3, 3);
    assertThat(flat.from()).isLessThan(3);
    assertThat(flat.to()).isGreaterThan(3);
    assertThat(LineChart.Axis.over(0, 0).ticks()).isPositive();
  }

  @Test
  void numbersDoNotDependOnTheLocaleAndShowNoNegativeZero() {
    assertThat(Numbers.fixed(-0.0001, 2)).isEqualTo("0.00");
    assertThat(Numbers.fixed(-1.25, 1)).startsWith("\u2212").contains(".");
    assertThat(Numbers.fixed(1234.5, 1)).isEqualTo("1234.5");
  }

  @Test
  void unbalancedMarkupIsRefused() {
    assertThatThrownBy(() -> new Markup().open("p").finish())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Still open: [p]");
    assertThatThrownBy(() -> new Markup().open("p").open("b").close("p"))
        .hasMessage("Closing <p> inside <b>");
    assertThatThrownBy(() -> new Markup().leaf("img", "alt"))
        .hasMessage("Attribute alt lacks a value");
    assertThatThrownBy(() -> new Markup().leaf("i", "class", "bar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("<i/> does not close itself in HTML");
  }

  private static Document parse(String html) throws Exception {
    assertThat(html).startsWith("<!DOCTYPE html>\n");
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    return factory
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html.substring("<!DOCTYPE html>\n".length()))));
  }

  private static List<Element> elements(Document document, String tag) {
    NodeList nodes = document.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
