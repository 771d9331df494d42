package io.cogaze.report;

import io.cogaze.inference.MetricNames;
import io.cogaze.inference.MetricRow;
import io.cogaze.metric.Classification;
import io.cogaze.shard.Leakage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;

/** Report contents for tests: made-up figures and pictures. */
final class ReportSamples {
  static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");

  private ReportSamples() {}

  static ReportContent withSeed(long seed, boolean synthetic) {
    Random random = new Random(seed);
    Classification classify = sample(random, 0.8);
    Classification fuse = sample(random, 1.2);
    List<MetricRow> rows = new ArrayList<>();
    classRows(rows, "classify", classify);
    mapRows(rows, "saliency", 0.61);
    classRows(rows, "fuse", fuse);
    mapRows(rows, "fuse", 0.61);
    rows.add(row(MetricRow.FLOOR, MetricNames.AUROC_MACRO, "", 0.5, OptionalDouble.empty()));
    rows.add(row(MetricRow.FLOOR, MetricNames.AUROC_MICRO, "", 0.5, OptionalDouble.empty()));
    rows.add(row(MetricRow.FLOOR, MetricNames.ACCURACY, "", 1 / 3.0, OptionalDouble.empty()));
    rows.add(row(MetricRow.FLOOR, MetricNames.CC_MEAN, "", 0.44, OptionalDouble.of(0.02)));
    rows.add(row(MetricRow.FLOOR, MetricNames.KL_MEAN, "", 1.31, OptionalDouble.of(0.05)));
    rows.add(row(MetricRow.FLOOR, MetricNames.SIM_MEAN, "", 0.41, OptionalDouble.of(0.02)));
    rows.add(
        row(MetricRow.SIMPLE_FEATURES, MetricNames.AUROC_MACRO, "", 0.69, OptionalDouble.of(.05)));
    rows.add(
        row("fuse-minus-classify", MetricNames.AUROC_MACRO, "", 0.012, OptionalDouble.of(0.02)));
    return new ReportContent(
        "demo",
        "test",
        synthetic,
        "egd-cxr",
        CLASSES,
        List.of(split("train", 560), split("valid", 80), split("test", 160)),
        Optional.of(new Leakage("patient", 0, 0)),
        rows,
        List.of(
            new ReportContent.Classifier("classify", classify),
            new ReportContent.Classifier("fuse", fuse)),
        List.of(
            example(random, "Normal", "Normal"),
            example(random, "CHF", "CHF"),
            example(random, "pneumonia", "Normal")),
        curves(),
        List.of(
            new ReportContent.FactGroup(
                "Evaluation",
                List.of(new ReportContent.Fact("configuration hash", "0f".repeat(32)))),
            new ReportContent.FactGroup(
                "Stage classify",
                List.of(
                    new ReportContent.Fact("cogaze", "0.1.0"),
                    new ReportContent.Fact("train.seed", "5")))),
        List.of());
  }

  static ReportContent with(ReportContent content, Optional<Leakage> leakage) {
    return changed(content, leakage, content.metrics(), content.curves());
  }

  static ReportContent with(ReportContent content, List<MetricRow> metrics) {
    return changed(content, content.leakage(), metrics, content.curves());
  }

  static ReportContent withCurves(ReportContent content, List<ReportContent.Curve> curves) {
    return changed(content, content.leakage(), content.metrics(), curves);
  }

  private static ReportContent changed(
      ReportContent content,
      Optional<Leakage> leakage,
      List<MetricRow> metrics,
      List<ReportContent.Curve> curves) {
    return new ReportContent(
        content.run(),
        content.split(),
        content.synthetic(),
        content.dataset(),
        content.classes(),
        content.splits(),
        leakage,
        metrics,
        content.classifiers(),
        content.examples(),
        curves,
        content.provenance(),
        content.notes());
  }

  private static Classification sample(Random random, double signal) {
    int n = 160;
    float[][] probabilities = new float[n][3];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i % 3;
      double sum = 0;
      for (int c = 0; c < 3; c++) {
        probabilities[i][c] =
            (float) Math.exp(random.nextGaussian() + (c == labels[i] ? 2 * signal : 0));
        sum += probabilities[i][c];
      }
      for (int c = 0; c < 3; c++) {
        probabilities[i][c] /= (float) sum;
      }
    }
    return Classification.of(probabilities, labels, 3);
  }

  private static void classRows(List<MetricRow> rows, String stage, Classification sample) {
    for (int c = 0; c < 3; c++) {
      rows.add(
          row(
              stage,
              MetricNames.AUROC,
              CLASSES.get(c),
              sample.auroc(c).orElseThrow(),
              OptionalDouble.of(0.03)));
    }
    OptionalDouble half = OptionalDouble.of(0.03);
    rows.add(row(stage, MetricNames.AUROC_MACRO, "", sample.macroAuroc().orElseThrow(), half));
    rows.add(row(stage, MetricNames.AUROC_MICRO, "", sample.microAuroc().orElseThrow(), half));
    rows.add(row(stage, MetricNames.ACCURACY, "", sample.accuracy().orElseThrow(), half));
    rows.add(
        row(
            stage,
            MetricNames.CALIBRATION_ERROR,
            "",
            sample.calibration(10).expectedError(),
            OptionalDouble.empty()));
  }

  private static void mapRows(List<MetricRow> rows, String stage, double cc) {
    rows.add(row(stage, MetricNames.CC_MEAN, "", cc, OptionalDouble.of(0.02)));
    rows.add(row(stage, MetricNames.KL_MEAN, "", 0.92, OptionalDouble.of(0.05)));
    rows.add(row(stage, MetricNames.SIM_MEAN, "", 0.55, OptionalDouble.of(0.02)));
    rows.add(row(stage, MetricNames.HS_MEAN, "", 0.57, OptionalDouble.of(0.02)));
    rows.add(row(stage, MetricNames.NSS_MEAN, "", 1.61, OptionalDouble.of(0.1)));
  }

  static MetricRow row(
      String stage, String metric, String className, double value, OptionalDouble half) {
    OptionalDouble low =
        half.isPresent() ? OptionalDouble.of(value - half.getAsDouble()) : OptionalDouble.empty();
    OptionalDouble high =
        half.isPresent() ? OptionalDouble.of(value + half.getAsDouble()) : OptionalDouble.empty();
    return new MetricRow(
        "demo", stage, "test", metric, className, OptionalDouble.of(value), 160, low, high);
  }

  private static ReportContent.SplitFacts split(String name, long n) {
    return new ReportContent.SplitFacts(
        name, n, n - n / 10, n - 3, Map.of("Normal", n / 3, "CHF", n / 3, "pneumonia", n / 3));
  }

  private static ReportContent.ShownExample example(
      Random random, String trueClass, String predictedClass) {
    int height = 96;
    int width = 80;
    float[] pixels = new float[height * width];
    float[] trueMap = new float[height * width];
    float[] predictedMap = new float[height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        double lung =
            Math.exp(-(sq((x - 22) / 11.0) + sq((y - 45) / 24.0)))
                + Math.exp(-(sq((x - 58) / 11.0) + sq((y - 45) / 24.0)));
        pixels[i] = (float) Math.min(1, 0.75 - 0.55 * lung + 0.04 * random.nextGaussian());
        trueMap[i] =
            (float) Math.exp(-(sq((x - 25) / 9.0) + sq((y - 60) / 9.0)))
                + (float) (0.5 * Math.exp(-(sq((x - 55) / 8.0) + sq((y - 35) / 8.0))));
        predictedMap[i] = (float) Math.exp(-(sq((x - 28) / 14.0) + sq((y - 56) / 14.0)));
      }
    }
    List<Float> probabilities = new ArrayList<>();
    for (String name : CLASSES) {
      probabilities.add(name.equals(predictedClass) ? 0.81f : 0.095f);
    }
    return new ReportContent.ShownExample(
        "3f9a1c2e-" + trueClass,
        trueClass.equals(predictedClass) ? "right, gaze map of middling quality" : "wrong",
        trueClass,
        predictedClass,
        probabilities,
        height,
        width,
        pixels,
        Optional.of(trueMap),
        Optional.of(predictedMap),
        "CC 0.612, KL 0.93");
  }

  private static double sq(double value) {
    return value * value;
  }

  private static List<ReportContent.Curve> curves() {
    List<ReportContent.Curve> curves = new ArrayList<>();
    for (String stage : List.of("contrast", "classify", "saliency", "fuse")) {
      for (String split : List.of("train", "valid")) {
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (int e = 1; e <= 12; e++) {
          x.add((double) e);
          y.add(1.1 * Math.exp(-e / 5.0) + (split.equals("valid") ? 0.15 : 0.05));
        }
        curves.add(new ReportContent.Curve(stage, "loss", split, "epoch", x, y));
      }
    }
    curves.sort(Comparator.comparing(ReportContent.Curve::metric));
    return curves;
  }
}
