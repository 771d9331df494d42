package io.cogaze.train.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes epoch plans. The shuffle has two levels: row groups are brought into random order and cut
 * into one segment a worker (so a row group, the unit of reading, is read by one worker, except at
 * the cuts; for stratified batches, row groups of one class only are put at even distances), then
 * the examples of each worker are shuffled within windows. A plan depends only on the examples, the
 * counts, the seed, the stage and the epoch, never on executors.
 *
 * @param sampler how batches are composed
 * @param workers number of averaging workers
 * @param batchSize most examples of a batch
 * @param frequency batches of a worker between two averagings
 * @param window examples that are shuffled together at least; a larger window mixes better and
 *     needs more memory on the executors
 */
public record EpochPlanner(
    SamplerKind sampler, int workers, int batchSize, int frequency, int window) {
  private static final int MINIMUM_OF_A_CLASS = 2;

  /** Errors: {@link IllegalArgumentException} for a count below 1. */
  public EpochPlanner {
    requirePositive("workers", workers);
    requirePositive("batch-size", batchSize);
    requirePositive("averaging-frequency", frequency);
    requirePositive("shuffle-window", window);
  }

  /** The plan of one epoch, counted from 1, of one stage. */
  public EpochPlan plan(List<ExampleRef> examples, long seed, String stage, int epoch) {
    List<ExampleRef> used =
        sampler == SamplerKind.OVERSAMPLED
            ? oversampled(examples, new KeyedRandom(seed, stage, epoch, "repeat"))
            : examples;
    List<List<ExampleRef>> groups =
        rowGroupsShuffled(used, new KeyedRandom(seed, stage, epoch, "row"));
    if (sampler == SamplerKind.STRATIFIED && groups.stream().anyMatch(EpochPlanner::isOfOneClass)) {
      groups = classesSpread(groups);
    }
    List<ExampleRef> order = new ArrayList<>(used.size());
    groups.forEach(order::addAll);
    List<List<List<ExampleRef>>> byWorker = new ArrayList<>(workers);
    for (int worker = 0; worker < workers; worker++) {
      int from = (int) ((long) worker * order.size() / workers);
      int to = (int) ((long) (worker + 1) * order.size() / workers);
      KeyedRandom random = new KeyedRandom(seed, stage, epoch, "worker", worker);
      byWorker.add(batches(order.subList(from, to), random));
    }
    return new EpochPlan(byWorker, frequency, used.size() - examples.size());
  }

  /**
   * Every example as often as brings its class to the size of the largest: all equally often, up to
   * one, which random draws decide. Repeats stand beside the first use, in the same row group.
   */
  private static List<ExampleRef> oversampled(List<ExampleRef> examples, KeyedRandom random) {
    Map<Integer, List<ExampleRef>> byClass = new TreeMap<>();
    for (ExampleRef example : examples) {
      if (example.targetClass() >= 0) {
        byClass.computeIfAbsent(example.targetClass(), c -> new ArrayList<>()).add(example);
      }
    }
    int most = byClass.values().stream().mapToInt(List::size).max().orElse(0);
    Map<ExampleRef, Integer> times = new HashMap<>();
    for (List<ExampleRef> ofClass : byClass.values()) {
      random.shuffle(ofClass);
      for (int i = 0; i < ofClass.size(); i++) {
        int more = i < most % ofClass.size() ? 1 : 0;
        times.put(ofClass.get(i), most / ofClass.size() + more);
      }
    }
    List<ExampleRef> repeated = new ArrayList<>();
    for (ExampleRef example : examples) {
      repeated.addAll(Collections.nCopies(times.getOrDefault(example, 1), example));
    }
    return repeated;
  }

  private static List<List<ExampleRef>> rowGroupsShuffled(
      List<ExampleRef> examples, KeyedRandom random) {
    Map<String, Map<Integer, List<ExampleRef>>> groups = new LinkedHashMap<>();
    for (ExampleRef example : examples) {
      groups
          .computeIfAbsent(example.file(), file -> new LinkedHashMap<>())
          .computeIfAbsent(example.rowGroup(), rowGroup -> new ArrayList<>())
          .add(example);
    }
    List<List<ExampleRef>> shuffled = new ArrayList<>();
    groups.values().forEach(ofFile -> shuffled.addAll(ofFile.values()));
    random.shuffle(shuffled);
    return shuffled;
  }

  private static boolean isOfOneClass(List<ExampleRef> group) {
    return group.stream().mapToInt(ExampleRef::targetClass).distinct().count() == 1;
  }

  /**
   * Row groups of each class at even distances, where data lie sorted by class: else a worker's
   * window may hold one class only. Groups of a class keep their order.
   */
  private static List<List<ExampleRef>> classesSpread(List<List<ExampleRef>> groups) {
    Map<Integer, List<List<ExampleRef>>> byClass = new TreeMap<>();
    for (List<ExampleRef> group : groups) {
      byClass.computeIfAbsent(mostFrequentClass(group), c -> new ArrayList<>()).add(group);
    }
    List<Placed> spread = new ArrayList<>(groups.size());
    for (List<List<ExampleRef>> ofClass : byClass.values()) {
      for (int i = 0; i < ofClass.size(); i++) {
        spread.add(new Placed((i + 0.5) / ofClass.size(), ofClass.get(i)));
      }
    }
    spread.sort(Comparator.comparingDouble(Placed::at));
    return spread.stream().map(Placed::group).toList();
  }

  /** A row group with where it stands among all, from 0 to 1. */
  private record Placed(double at, List<ExampleRef> group) {}

  /** The smallest of them where several are as frequent. */
  private static int mostFrequentClass(List<ExampleRef> group) {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    group.forEach(example -> counts.merge(example.targetClass(), 1, Integer::sum));
    int most = Collections.max(counts.values());
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == most)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  private List<List<ExampleRef>> batches(List<ExampleRef> segment, KeyedRandom random) {
    long batchesOfWindow = batchesFor(window);
    int windowSize = (int) Math.min(Integer.MAX_VALUE, batchesOfWindow * batchSize);
    List<List<ExampleRef>> batches = new ArrayList<>();
    for (int from = 0; from < segment.size(); from += windowSize) {
      int to = (int) Math.min(segment.size(), (long) from + windowSize);
      if (sampler == SamplerKind.STRATIFIED && segment.size() - to < batchSize) {
        // A rest of less than a batch would find few partners by itself.
        to = segment.size();
      }
      List<ExampleRef> shuffled = new ArrayList<>(segment.subList(from, to));
      random.shuffle(shuffled);
      batches.addAll(
          sampler == SamplerKind.STRATIFIED ? stratified(shuffled) : consecutive(shuffled));
      if (to == segment.size()) {
        break;
      }
    }
    return batches;
  }

  /** Batches that hold so many examples. Window and batch may be as large as an int can be. */
  private long batchesFor(int examples) {
    return ((long) examples + batchSize - 1) / batchSize;
  }

  private List<List<ExampleRef>> consecutive(List<ExampleRef> shuffled) {
    List<List<ExampleRef>> batches = new ArrayList<>();
    for (long from = 0; from < shuffled.size(); from += batchSize) {
      long to = Math.min(shuffled.size(), from + batchSize);
      batches.add(shuffled.subList((int) from, (int) to));
    }
    return batches;
  }

  /**
   * Deals the examples class by class, the rarest first, over batches whose sizes differ by at most
   * one. A class with fewer than two examples a batch is dealt in pairs, so that some batches have
   * two of it and others none, rather than all one.
   */
  private List<List<ExampleRef>> stratified(List<ExampleRef> shuffled) {
    int count = (int) batchesFor(shuffled.size());
    Map<Integer, List<ExampleRef>> byClass = new TreeMap<>();
    for (ExampleRef example : shuffled) {
      byClass.computeIfAbsent(example.targetClass(), c -> new ArrayList<>()).add(example);
    }
    List<List<ExampleRef>> rarestFirst = new ArrayList<>(byClass.values());
    rarestFirst.sort(Comparator.comparingInt(List::size));

    List<List<ExampleRef>> batches = new ArrayList<>(count);
    int[] free = new int[count];
    for (int batch = 0; batch < count; batch++) {
      batches.add(new ArrayList<>());
      free[batch] = bound(shuffled.size(), batch + 1, count) - bound(shuffled.size(), batch, count);
    }
    for (List<ExampleRef> ofClass : rarestFirst) {
      boolean inPairs = ofClass.size() < MINIMUM_OF_A_CLASS * count;
      int[] dealt = new int[count];
      int next = 0;
      while (next < ofClass.size()) {
        int batch = inPairs ? mostFree(free) : fewestOfClass(dealt, free);
        int left = ofClass.size() - next;
        int hand = inPairs ? hand(left, free[batch]) : 1;
        hand = Math.min(Math.min(hand, left), free[batch]);
        batches.get(batch).addAll(ofClass.subList(next, next + hand));
        free[batch] -= hand;
        dealt[batch] += hand;
        next += hand;
      }
    }
    return batches;
  }

  /** Two, or the last three where the batch has room for two of another class besides. */
  private static int hand(int left, int free) {
    boolean three = left == MINIMUM_OF_A_CLASS + 1 && free >= left + MINIMUM_OF_A_CLASS;
    return three ? left : MINIMUM_OF_A_CLASS;
  }

  private static int mostFree(int[] free) {
    int best = 0;
    for (int batch = 1; batch < free.length; batch++) {
      if (free[batch] > free[best]) {
        best = batch;
      }
    }
    return best;
  }

  private static int fewestOfClass(int[] dealt, int[] free) {
    int best = -1;
    for (int batch = 0; batch < free.length; batch++) {
      if (free[batch] == 0) {
        continue;
      }
      if (best < 0
          || dealt[batch] < dealt[best]
          || (dealt[batch] == dealt[best] && free[batch] > free[best])) {
        best = batch;
      }
    }
    return best;
  }

  private static int bound(int size, int index, int count) {
    return (int) ((long) index * size / count);
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be 1 or more but is " + value);
    }
  }
}
