package io.cogaze.jobs.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The learning rate at which each master does best: that of the lowest held-out loss after the last
 * epoch of trainings that are not compared otherwise. Masters scale Adam's steps differently, so
 * that one rate for both would compare rates, not masters.
 */
record BestRates(double cogaze, double stock) {
  /** Errors: {@link IllegalArgumentException} when nothing was tried. */
  static BestRates of(List<AveragingEpoch> tried) {
    return new BestRates(
        best(losses(tried, AveragingEpoch::cogaze)), best(losses(tried, AveragingEpoch::stock)));
  }

  /** For each rate that was tried the held-out loss after its last epoch. */
  static SortedMap<Double, Double> losses(
      List<AveragingEpoch> tried, Function<AveragingEpoch, AveragingEpoch.Master> side) {
    SortedMap<Double, Double> losses = new TreeMap<>();
    tried.stream()
        .sorted(Comparator.comparingInt(AveragingEpoch::epoch))
        .map(side)
        .forEach(epoch -> losses.put(epoch.learningRate(), epoch.loss()));
    return losses;
  }

  private static double best(SortedMap<Double, Double> losses) {
    double best = Double.NaN;
    double lowest = Double.POSITIVE_INFINITY;
    // A loss that is not a number is no candidate.
    for (var rate : losses.entrySet()) {
      if (Double.isNaN(best) || rate.getValue() < lowest) {
        best = rate.getKey();
        lowest = Double.isNaN(rate.getValue()) ? Double.POSITIVE_INFINITY : rate.getValue();
      }
    }
    if (Double.isNaN(best)) {
      throw new IllegalArgumentException("No learning rate was tried");
    }
    return best;
  }

  /** Rates with their losses, for people. */
  static String describe(SortedMap<Double, Double> losses) {
    return losses.entrySet().stream()
        .map(rate -> String.format(Locale.ROOT, "%s: %.4f", rate(rate.getKey()), rate.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** A rate as it is written: 0.001, 3.0E-4. */
  static String rate(double rate) {
    return Double.toString(rate);
  }
}
