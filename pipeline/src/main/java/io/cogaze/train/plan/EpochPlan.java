package io.cogaze.train.plan;

import java.util.List;

/**
 * Who trains what in one epoch: for each averaging worker its batches in order, cut into averaging
 * rounds of {@code frequency} batches a worker. Workers differ by at most one example, so the last
 * round may hold fewer or smaller batches.
 */
public final class EpochPlan {
  private final List<List<List<ExampleRef>>> batchesByWorker;
  private final int frequency;
  private final int repeats;

  /**
   * @param repeats how many of the uses are of an example that was used before
   */
  EpochPlan(List<List<List<ExampleRef>>> batchesByWorker, int frequency, int repeats) {
    this.batchesByWorker = batchesByWorker;
    this.frequency = frequency;
    this.repeats = repeats;
  }

  /** What is used in the epoch, one that is repeated as often as it is. */
  public List<ExampleRef> uses() {
    return batchesByWorker.stream().flatMap(List::stream).flatMap(List::stream).toList();
  }

  /** How many of the uses are of an example that was used before in the epoch. */
  public int repeats() {
    return repeats;
  }

  /** The number of averaging workers. */
  public int workers() {
    return batchesByWorker.size();
  }

  /** The number of averaging rounds: as many as the worker with the most batches needs. */
  public int rounds() {
    int most = 0;
    for (List<List<ExampleRef>> batches : batchesByWorker) {
      most = Math.max(most, batches.size());
    }
    // A frequency may be as large as an int can be, which stands for one round.
    return (int) (((long) most + frequency - 1) / frequency);
  }

  /** The batches of one worker in one round, both from 0; empty where the worker has none left. */
  public List<List<ExampleRef>> batches(int round, int worker) {
    List<List<ExampleRef>> all = batchesByWorker.get(worker);
    int from = (int) Math.min(all.size(), (long) round * frequency);
    return all.subList(from, (int) Math.min(all.size(), (long) from + frequency));
  }

  /** The number of examples that are used in the epoch, one that is repeated as often as it is. */
  public int examples() {
    int count = 0;
    for (List<List<ExampleRef>> batches : batchesByWorker) {
      for (List<ExampleRef> batch : batches) {
        count += batch.size();
      }
    }
    return count;
  }
}
