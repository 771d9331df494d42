package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * The rounds between two averagings of the optimisers' states. Each worker's own state stays on the
 * disk of the executor that trained it, as a block of the round's results, and the next round's
 * task of the worker goes there. A block that is lost with its executor is computed again from the
 * round's start and the state before it, back to the last averaging if need be: that is why the
 * starts are kept until then. So a result depends on the starts, the batches and the seed only,
 * whoever computes it, and however often.
 */
final class OwnUpdaters {
  private final JavaSparkContext context;
  private final int slices;
  private final int workers;
  private final List<Broadcast<byte[][]>> starts = new ArrayList<>();
  private final List<JavaRDD<Tuple2<Integer, byte[]>>> rounds = new ArrayList<>();
  private boolean averages;

  OwnUpdaters(JavaSparkContext context, int slices, int workers) {
    this.context = context;
    this.slices = slices;
    this.workers = workers;
  }

  /** Begins a round, which averages the optimisers' states or not. */
  void next(boolean averagesUpdaters) {
    averages = averagesUpdaters;
  }

  /** Whether this round averages the optimisers' states. */
  boolean averages() {
    return averages;
  }

  /**
   * The slices and reports of this round.
   *
   * @param tokens of the workers that have batches
   * @param start what the task begins with; destroyed when the states are averaged
   */
  JavaPairRDD<Integer, byte[]> results(
      List<String> tokens, RoundTask task, Broadcast<byte[][]> start) {
    starts.add(start);
    if (rounds.isEmpty() && averages) {
      return context.parallelize(tokens, tokens.size()).flatMapToPair(task);
    }
    List<String> byWorker = new ArrayList<>(Collections.nCopies(workers, ""));
    tokens.forEach(token -> byWorker.set(PlanToken.decode(token).worker(), token));
    JavaRDD<String> work = context.parallelize(byWorker, workers);
    int own = slices + 1;
    JavaRDD<Tuple2<Integer, byte[]>> results;
    if (rounds.isEmpty()) {
      results = work.flatMap(task::call);
    } else {
      JavaRDD<Tuple2<Integer, byte[]>> before = rounds.get(rounds.size() - 1);
      results =
          work.zipPartitions(before.filter(result -> result._1() == own), new OwnUpdaterTask(task));
    }
    rounds.add(results.persist(StorageLevel.DISK_ONLY()));
    return results.filter(result -> result._1() < own).mapToPair(result -> result);
  }

  /**
   * The round is over. After an averaging or a failure executors need hold nothing more.
   *
   * @param whole whether the round has its results
   */
  void roundDone(boolean whole) {
    if (averages || !whole) {
      rounds.forEach(round -> round.unpersist(false));
      rounds.clear();
      starts.forEach(Broadcast::destroy);
      starts.clear();
    } else if (rounds.size() > 1) {
      // Its blocks were only needed as the start of this round.
      rounds.get(rounds.size() - 2).unpersist(false);
    }
  }
}
