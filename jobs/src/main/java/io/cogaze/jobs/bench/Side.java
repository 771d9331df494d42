package io.cogaze.jobs.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What one side of a comparison did.
 *
 * @param name cogaze, or the memory format of the peer
 * @param engine what computed, for people
 * @param firstSeconds the very first step, with everything that is made once
 * @param turns for each pair, the seconds of its steps
 * @param peakMb largest resident memory, MiB
 */
record Side(
    String name, String engine, double firstSeconds, List<List<Double>> turns, long peakMb) {

  Side {
    turns = turns.stream().map(List::copyOf).toList();
  }

  /** The median step of each pair. */
  List<Double> pairs() {
    List<Double> medians = new ArrayList<>();
    turns.forEach(turn -> medians.add(median(turn)));
    return medians;
  }

  /** The median of the pairs. */
  double seconds() {
    return median(pairs());
  }

  /** Of an even number of values, the mean of the two in the middle. */
  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
