package io.cogaze.train.spark;

import java.util.Map;
import java.util.Set;
import org.apache.spark.api.java.JavaRDD;

/** The rounds of an epoch: who has batches in them, and the tasks that train on them. */
interface RoundPlan {
  /** From 1. */
  int epoch();

  /** Number of rounds. */
  int rounds();

  /** Averaging workers of the epoch. */
  int workers();

  /** The workers that have batches in a round, from 0. */
  Set<Integer> busy(int round);

  /**
   * Tasks that give a {@link WorkerResult} each, as bytes.
   *
   * @param workers of whom results are wanted; those without batches hand in their optimiser's
   *     state
   * @param homes where workers were in the last round, as Spark names places: what they read ahead
   *     lies there
   */
  JavaRDD<byte[]> tasks(
      int round, Set<Integer> workers, RoundStart start, Map<Integer, String> homes);
}
