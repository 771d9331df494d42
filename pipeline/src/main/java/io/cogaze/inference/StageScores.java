package io.cogaze.inference;

import io.cogaze.metric.Classification;
import io.cogaze.metric.Estimate;
import io.cogaze.metric.PatientBootstrap;
import io.cogaze.metric.ResampledMetric;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Makes metric rows out of the predictions of stages; pure. */
final class StageScores {
  private static final double LEVEL = 0.95;
  private static final int CALIBRATION_BINS = 10;

  private final String run;
  private final String split;
  private final List<String> classes;
  private final int resamples;
  private final long seed;

  StageScores(String run, String split, List<String> classes, EvaluateSettings settings) {
    this.run = run;
    this.split = split;
    this.classes = classes;
    this.resamples = settings.bootstrapResamples();
    this.seed = settings.bootstrapSeed();
  }

  /** Rows of a stage's class output and maps, whichever it has. */
  List<MetricRow> stage(String stage, List<Scored> scored) {
    List<MetricRow> rows = new ArrayList<>();
    List<Scored> ordered = ordered(scored);
    classSample(ordered).ifPresent(sample -> rows.addAll(classRows(stage, ordered, sample)));
    rows.addAll(mapRows(stage, ordered, Scored::scores));
    return rows;
  }

  /**
   * Rows of what is reached without learning: AUROC of a constant score, accuracy of always
   * answering a class, and the mean training gaze map.
   *
   * @param classScored predictions of a stage with a class output; empty list without one
   * @param mapScored predictions of a stage with maps; empty list without one
   * @param largestTrainingClass index, or -1 when no training example has a class
   */
  List<MetricRow> floor(
      List<Scored> classScored, List<Scored> mapScored, int largestTrainingClass) {
    List<MetricRow> rows = new ArrayList<>();
    List<Scored> known = ordered(classScored).stream().filter(s -> s.target() >= 0).toList();
    if (!known.isEmpty() && known.get(0).probabilities() != null) {
      for (String metric : List.of(MetricNames.AUROC_MACRO, MetricNames.AUROC_MICRO)) {
        rows.add(
            new MetricRow(
                run,
                MetricRow.FLOOR,
                split,
                metric,
                "",
                OptionalDouble.of(0.5),
                known.size(),
                OptionalDouble.empty(),
                OptionalDouble.empty()));
      }
      if (largestTrainingClass >= 0) {
        double[] right =
            known.stream().mapToDouble(s -> s.target() == largestTrainingClass ? 1 : 0).toArray();
        rows.add(
            row(
                MetricRow.FLOOR,
                MetricNames.ACCURACY,
                "",
                known.size(),
                bootstrap(known).estimate(ResampledMetric.mean(right))));
      }
    }
    rows.addAll(mapRows(MetricRow.FLOOR, ordered(mapScored), Scored::floor));
    return rows;
  }

  /** A paired difference of macro AUROC over the examples that both stages predicted. */
  MetricRow difference(
      String better, List<Scored> betterScored, String base, List<Scored> baseScored) {
    List<Scored> first = ordered(betterScored).stream().filter(s -> s.target() >= 0).toList();
    List<Scored> second = ordered(baseScored).stream().filter(s -> s.target() >= 0).toList();
    List<String> ids = first.stream().map(Scored::exampleId).toList();
    if (!ids.equals(second.stream().map(Scored::exampleId).toList())) {
      throw new IllegalStateException(
          "Stages " + better + " and " + base + " predicted different examples");
    }
    ResampledMetric difference =
        classSample(first)
            .orElseThrow()
            .resampledMacroAuroc()
            .minus(classSample(second).orElseThrow().resampledMacroAuroc());
    return row(
        better + "-minus-" + base,
        MetricNames.AUROC_MACRO,
        "",
        first.size(),
        bootstrap(first).estimate(difference));
  }

  private List<MetricRow> classRows(String stage, List<Scored> ordered, Classification sample) {
    List<Scored> known = ordered.stream().filter(s -> s.target() >= 0).toList();
    PatientBootstrap bootstrap = bootstrap(known);
    List<MetricRow> rows = new ArrayList<>();
    for (int c = 0; c < classes.size(); c++) {
      rows.add(
          row(
              stage,
              MetricNames.AUROC,
              classes.get(c),
              known.size(),
              bootstrap.estimate(sample.resampledAuroc(c))));
    }
    rows.add(
        row(
            stage,
            MetricNames.AUROC_MACRO,
            "",
            known.size(),
            bootstrap.estimate(sample.resampledMacroAuroc())));
    Estimate micro = bootstrap.estimate(sample.resampledMicroAuroc());
    rows.add(
        row(
            stage,
            MetricNames.AUROC_MICRO,
            "",
            known.size(),
            // Unlike its interval, the value itself needs no full set of classes.
            new Estimate(
                sample.microAuroc(),
                micro.low(),
                micro.high(),
                micro.resamplesUsed(),
                micro.resamplesIgnored())));
    rows.add(
        row(
            stage,
            MetricNames.ACCURACY,
            "",
            known.size(),
            bootstrap.estimate(sample.resampledAccuracy())));
    rows.add(
        new MetricRow(
            run,
            stage,
            split,
            MetricNames.CALIBRATION_ERROR,
            "",
            OptionalDouble.of(sample.calibration(CALIBRATION_BINS).expectedError()),
            known.size(),
            OptionalDouble.empty(),
            OptionalDouble.empty()));
    return rows;
  }

  private List<MetricRow> mapRows(
      String stage, List<Scored> ordered, Function<Scored, MapScores> scores) {
    List<Scored> known = ordered.stream().filter(s -> scores.apply(s) != null).toList();
    List<MetricRow> rows = new ArrayList<>();
    if (known.isEmpty()) {
      return rows;
    }
    rows.add(mean(stage, MetricNames.CC_MEAN, known, s -> scores.apply(s).cc()));
    rows.add(mean(stage, MetricNames.KL_MEAN, known, s -> scores.apply(s).kl()));
    rows.add(mean(stage, MetricNames.SIM_MEAN, known, s -> scores.apply(s).sim()));
    rows.add(mean(stage, MetricNames.HS_MEAN, known, s -> scores.apply(s).hs()));
    List<Scored> fixated = known.stream().filter(s -> scores.apply(s).nss().isPresent()).toList();
    if (!fixated.isEmpty()) {
      rows.add(mean(stage, MetricNames.NSS_MEAN, fixated, s -> scores.apply(s).nssOrNaN()));
    }
    return rows;
  }

  private MetricRow mean(
      String stage, String metric, List<Scored> known, ToDoubleFunction<Scored> value) {
    double[] values = known.stream().mapToDouble(value).toArray();
    Estimate estimate = bootstrap(known).estimate(ResampledMetric.mean(values));
    return row(stage, metric, "", known.size(), estimate);
  }

  /** The sample of the examples whose class is known; empty without a class output or class. */
  Optional<Classification> classSample(List<Scored> scored) {
    List<Scored> known = ordered(scored).stream().filter(s -> s.target() >= 0).toList();
    if (known.isEmpty() || known.get(0).probabilities() == null) {
      return Optional.empty();
    }
    float[][] probabilities = known.stream().map(Scored::probabilities).toArray(float[][]::new);
    int[] labels = known.stream().mapToInt(Scored::target).toArray();
    return Optional.of(Classification.of(probabilities, labels, classes.size()));
  }

  private PatientBootstrap bootstrap(List<Scored> known) {
    List<String> patients = known.stream().map(Scored::patientKey).toList();
    return new PatientBootstrap(patients, resamples, seed, LEVEL);
  }

  /** By example id, so that sums do not depend on how shards were cut. */
  private static List<Scored> ordered(List<Scored> scored) {
    return scored.stream().sorted(Comparator.comparing(Scored::exampleId)).toList();
  }

  private MetricRow row(String stage, String metric, String className, long n, Estimate estimate) {
    return new MetricRow(
        run, stage, split, metric, className, estimate.value(), n, estimate.low(), estimate.high());
  }
}
