package io.cogaze.train.spark;

import java.util.List;

/**
 * What an epoch leaves for whoever looks at training.
 *
 * @param epoch from 1
 * @param metrics of the epoch and its rounds
 * @param rounds in order
 * @param roundEnds when each round ended, milliseconds since 1970
 * @param memory of the executors, in the order of the rounds
 * @param end when the epoch was validated, milliseconds since 1970
 */
record EpochRows(
    int epoch,
    List<MetricRow> metrics,
    List<RoundRow> rounds,
    List<Long> roundEnds,
    List<MemoryRow> memory,
    long end) {}
