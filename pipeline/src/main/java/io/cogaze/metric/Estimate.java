package io.cogaze.metric;

import java.util.OptionalDouble;

/**
 * A metric with its bootstrap interval.
 *
 * @param value on the sample itself; empty where the metric is undefined
 * @param low lower bound; empty when no resample gave a value
 * @param high upper bound; empty when no resample gave a value
 * @param resamplesUsed how many resamples gave a value
 * @param resamplesIgnored how many did not, for instance because a class was missing
 */
public record Estimate(
    OptionalDouble value,
    OptionalDouble low,
    OptionalDouble high,
    int resamplesUsed,
    int resamplesIgnored) {}
