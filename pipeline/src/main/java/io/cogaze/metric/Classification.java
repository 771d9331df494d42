package io.cogaze.metric;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Single-label classification over C classes, scored from probabilities: one-vs-rest AUROC of each
 * class, their macro mean, the micro AUROC over the flattened one-hot truth, and accuracy.
 *
 * <p>Macro and micro are both offered because published results often do not say which they are.
 * Macro is the plain mean of the classes and undefined when a class has no example (or all of
 * them).
 */
public final class Classification {
  private final int classes;
  private final int[] labels;
  private final int[] predicted;
  private final double[] confidence;
  private final RocRanking[] perClass;
  private final RocRanking micro;

  private Classification(
      int classes,
      int[] labels,
      int[] predicted,
      double[] confidence,
      RocRanking[] perClass,
      RocRanking micro) {
    this.classes = classes;
    this.labels = labels;
    this.predicted = predicted;
    this.confidence = confidence;
    this.perClass = perClass;
    this.micro = micro;
  }

  /**
   * Scores a sample.
   *
   * @param probabilities shape [N][C], one row per example; only their order matters to AUROC
   * @param labels shape [N], the true class of each, 0 to C-1
   * @param classes C, at least 2
   * @throws IllegalArgumentException naming the example for a wrong length, label, NaN or infinity
   */
  public static Classification of(float[][] probabilities, int[] labels, int classes) {
    if (classes < 2) {
      throw new IllegalArgumentException("Expected at least 2 classes, found " + classes);
    }
    Checks.sameLength("probabilities", probabilities.length, "labels", labels.length);
    int n = labels.length;
    double[] flat = new double[n * classes];
    boolean[] flatTruth = new boolean[n * classes];
    int[] predicted = new int[n];
    double[] confidence = new double[n];
    for (int i = 0; i < n; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "Expected labels from 0 to "
                + (classes - 1)
                + ", found "
                + labels[i]
                + " at index "
                + i);
      }
      Checks.sameLength(
          "probabilities of index " + i, probabilities[i].length, "the classes", classes);
      for (int c = 0; c < classes; c++) {
        float p = probabilities[i][c];
        if (!Float.isFinite(p)) {
          throw new IllegalArgumentException(
              "Expected finite probabilities, found " + p + " at index " + i + ", class " + c);
        }
        flat[i * classes + c] = p;
      }
      predicted[i] = argMax(probabilities[i]);
      confidence[i] = probabilities[i][predicted[i]];
      flatTruth[i * classes + labels[i]] = true;
    }
    RocRanking[] perClass = new RocRanking[classes];
    for (int c = 0; c < classes; c++) {
      double[] scores = new double[n];
      boolean[] truth = new boolean[n];
      for (int i = 0; i < n; i++) {
        scores[i] = flat[i * classes + c];
        truth[i] = labels[i] == c;
      }
      perClass[c] = RocRanking.of(scores, truth);
    }
    return new Classification(
        classes, labels.clone(), predicted, confidence, perClass, RocRanking.of(flat, flatTruth));
  }

  /** The first index of the largest value. */
  public static int argMax(float[] values) {
    Checks.notEmpty("values", values.length);
    int best = 0;
    for (int c = 1; c < values.length; c++) {
      if (values[c] > values[best]) {
        best = c;
      }
    }
    return best;
  }

  /** The number of examples. */
  public int size() {
    return labels.length;
  }

  /** The number of examples whose true class this is. */
  public int count(int classIndex) {
    return (int) Arrays.stream(labels).filter(label -> label == classIndex).count();
  }

  /** One-vs-rest AUROC of a class; empty when the class has no example, or all of them. */
  public OptionalDouble auroc(int classIndex) {
    return perClass[classIndex].auroc();
  }

  /** One-vs-rest AUROC of a class as a function of resampling weights. */
  public ResampledMetric resampledAuroc(int classIndex) {
    return weights -> perClass[classIndex].auroc(weights, 1);
  }

  /** The mean of the one-vs-rest AUROC of the classes; empty when one of them is undefined. */
  public OptionalDouble macroAuroc() {
    return resampledMacroAuroc().value(ones());
  }

  /** Macro AUROC as a function of resampling weights. */
  public ResampledMetric resampledMacroAuroc() {
    return weights -> {
      double sum = 0;
      for (RocRanking ranking : perClass) {
        OptionalDouble area = ranking.auroc(weights, 1);
        if (area.isEmpty()) {
          return OptionalDouble.empty();
        }
        sum += area.getAsDouble();
      }
      return OptionalDouble.of(sum / classes);
    };
  }

  /** AUROC over all N x C (score, one-hot truth) pairs; empty only without examples. */
  public OptionalDouble microAuroc() {
    return micro.auroc();
  }

  /**
   * Micro AUROC as a function of resampling weights; undefined, like macro, when a class is
   * missing, so that both are taken over the same resamples.
   */
  public ResampledMetric resampledMicroAuroc() {
    return weights ->
        resampledMacroAuroc().value(weights).isPresent()
            ? micro.auroc(weights, classes)
            : OptionalDouble.empty();
  }

  /** The share of examples whose most probable class (the first, on a tie) is the true one. */
  public OptionalDouble accuracy() {
    return resampledAccuracy().value(ones());
  }

  /** Accuracy as a function of resampling weights. */
  public ResampledMetric resampledAccuracy() {
    double[] right = new double[labels.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = predicted[i] == labels[i] ? 1 : 0;
    }
    return ResampledMetric.mean(right);
  }

  /** The one-vs-rest ROC curve of a class; empty where its AUROC is. */
  public List<RocRanking.Point> rocCurve(int classIndex) {
    return perClass[classIndex].curve();
  }

  /** Counts, shape [true class][predicted class]. */
  public long[][] confusion() {
    long[][] counts = new long[classes][classes];
    for (int i = 0; i < labels.length; i++) {
      counts[labels[i]][predicted[i]]++;
    }
    return counts;
  }

  /**
   * Calibration of the predicted class: its probability against how often it is right.
   *
   * @param bins number of equal-width bins over [0,1]
   */
  public Calibration calibration(int bins) {
    boolean[] right = new boolean[labels.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = predicted[i] == labels[i];
    }
    return Calibration.of(confidence, right, bins);
  }

  private int[] ones() {
    int[] weights = new int[labels.length];
    Arrays.fill(weights, 1);
    return weights;
  }
}
