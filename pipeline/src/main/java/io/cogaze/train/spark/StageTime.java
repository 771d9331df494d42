package io.cogaze.train.spark;

import io.cogaze.nn.memory.ComputeDemand;
import io.cogaze.nn.memory.TimeEstimate;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * How long a stage computes, before anything of it was measured.
 *
 * @param demand of the stage's network
 * @param keepsFeatures whether an executor computes what the frozen beginning gives for an example
 *     only once
 * @param executors that the workers are on; an example comes to another one in each epoch, perhaps
 * @param size examples of an epoch
 * @param epochs at most
 * @param workers that compute at once
 * @param threads native threads that all of them have together
 */
record StageTime(
    ComputeDemand demand,
    boolean keepsFeatures,
    int executors,
    StageSize size,
    int epochs,
    int workers,
    int threads) {
  private static final double GIGA = 1e9;
  private static final double MINUTE = 60;
  private static final double HOUR = 3600;

  /** Seconds, by {@link TimeEstimate}. */
  double seconds() {
    long uses = size.train() + size.repeats();
    double learned =
        uses * TimeEstimate.learningSeconds(demand)
            + size.valid() * TimeEstimate.learnedInferenceSeconds(demand);
    double frozen = keepsFeatures ? executorsMet() * frozen(size.train()) : epochs * frozen(uses);
    return (epochs * learned + frozen) / threads;
  }

  /** Seconds that the frozen beginning takes for so many training examples and a validation. */
  private double frozen(long train) {
    return train * (TimeEstimate.trainingSeconds(demand) - TimeEstimate.learningSeconds(demand))
        + size.valid()
            * (TimeEstimate.inferenceSeconds(demand)
                - TimeEstimate.learnedInferenceSeconds(demand));
  }

  /** How many executors an example comes to, if it goes to any of them in each epoch. */
  private double executorsMet() {
    return executors * (1 - Math.pow(1 - 1.0 / executors, epochs));
  }

  /** For people. */
  String text() {
    return String.format(
        Locale.ROOT,
        "about %s of computing for %s (%s GMAC forward an example)",
        rounded(seconds()),
        epochs == 1 ? "1 epoch" : epochs + " epochs, the most there are",
        BigDecimal.valueOf((demand.learnedMacs() + demand.frozenMacs()) / GIGA)
            .round(new MathContext(2))
            .stripTrailingZeros()
            .toPlainString());
  }

  /** What to know of {@link #text}, once for all stages. */
  String caution() {
    return String.format(
        Locale.ROOT,
        "time: reckoned for %d workers at once on cores and a kernel like those in docs/performance.md;"
            + " others take other times, and reading, averaging and starting come on top; the log"
            + " says what was measured from the first round on",
        workers);
  }

  /** Two digits of the unit that is shown: more would say that it is known. */
  private static String rounded(double seconds) {
    double unit = seconds < 2 * MINUTE ? 1 : seconds < 2 * HOUR ? MINUTE : HOUR;
    double shown = Math.max(1, seconds / unit);
    double step = Math.pow(10, Math.max(0, Math.floor(Math.log10(shown)) - 1));
    String name = unit == 1 ? " s" : unit == MINUTE ? " min" : " h";
    return Math.round(Math.ceil(shown / step) * step) + name;
  }
}
