package io.cogaze.train.spark;

import io.cogaze.nn.memory.ComputeDemand;
import io.cogaze.nn.memory.TimeEstimate;
import java.util.Locale;

/**
 * How long a stage computes, before anything of it was measured.
 *
 * @param demand of the stage's network
 * @param keepsFeatures whether what its frozen beginning gives is computed in the first epoch only
 * @param train examples of an epoch
 * @param valid examples of its validation
 * @param epochs at most
 * @param workers that compute at once
 * @param threads native threads that all of them have together
 */
record StageTime(
    ComputeDemand demand,
    boolean keepsFeatures,
    long train,
    long valid,
    int epochs,
    int workers,
    int threads) {
  private static final double GIGA = 1e9;
  private static final double SIGNIFICANT = 10;

  /** Seconds, by {@link TimeEstimate}. */
  double seconds() {
    double first =
        train * TimeEstimate.trainingSeconds(demand)
            + valid * TimeEstimate.inferenceSeconds(demand);
    double later =
        keepsFeatures
            ? train * TimeEstimate.learningSeconds(demand)
                + valid * TimeEstimate.learnedInferenceSeconds(demand)
            : first;
    return (first + (epochs - 1) * later) / threads;
  }

  /** For people. */
  String text() {
    return String.format(
        Locale.ROOT,
        "about %s of computing for %d epochs, the most there are (%.2g GMAC forward an example)",
        rounded(seconds()),
        epochs,
        (demand.learnedMacs() + demand.frozenMacs()) / GIGA);
  }

  /** What to know of {@link #text}, once for all stages. */
  String caution() {
    return String.format(
        Locale.ROOT,
        "time: reckoned for %d workers at once on cores like those in docs/performance.md; other"
            + " cores take other times, and reading, averaging and starting come on top; the log"
            + " says what was measured from the first round on",
        workers);
  }

  /** Two digits: more would say that it is known. */
  private static String rounded(double seconds) {
    double step = 1;
    while (seconds / step >= SIGNIFICANT * SIGNIFICANT) {
      step *= SIGNIFICANT;
    }
    return Progress.duration(Math.ceil(seconds / step) * step);
  }
}
