package io.cogaze.inference;

import java.util.OptionalDouble;

/**
 * One row of the long table of metrics.
 *
 * @param run name of the run folder
 * @param stage a trained stage; or {@link #FLOOR}, {@link #SIMPLE_FEATURES}, or a difference such
 *     as {@code fuse-minus-classify}
 * @param split train, valid or test
 * @param metric name, see {@link MetricNames}
 * @param className the class of a per-class metric, else empty
 * @param value empty where the metric is undefined, for instance because a class is missing
 * @param n examples it was taken over
 * @param ciLow lower bound of the bootstrap interval by patient; empty where there is none
 * @param ciHigh upper bound
 */
public record MetricRow(
    String run,
    String stage,
    String split,
    String metric,
    String className,
    OptionalDouble value,
    long n,
    OptionalDouble ciLow,
    OptionalDouble ciHigh) {
  /** Stage of what is reached without learning: chance, the largest class, the mean gaze map. */
  public static final String FLOOR = "floor";

  /** Stage of logistic regression on simple image features. */
  public static final String SIMPLE_FEATURES = "simple-features";
}
