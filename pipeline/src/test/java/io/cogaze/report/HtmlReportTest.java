package io.cogaze.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
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
            List.of(new ReportContent.Fact(evil, evil)),
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
    assertThat(Overlay.under(raster, new float[4], 64)).isEqualTo(Overlay.picture(raster, 64));
    assertThat(Overlay.under(raster, new float[] {0, 0, 0, 1}, 64))
        .isNotEqualTo(Overlay.picture(raster, 64));
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
