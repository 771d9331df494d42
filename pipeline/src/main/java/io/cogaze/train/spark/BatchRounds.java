package io.cogaze.train.spark;

import io.cogaze.train.step.StageNetwork;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * An epoch over batches that lie in an RDD: partition w holds the batches of averaging worker w, in
 * order. Averaged as plan tokens are, weighted by examples, in the order of the workers; every
 * batch is used once.
 *
 * @param stageKey the key of the shipment's definition
 * @param slices parts into which states are cut for averaging
 * @param batchesPerRound batches of a worker between two averagings
 * @param compute whether workers train, or only carry the state
 * @param listener is told of every round
 */
record BatchRounds(
    String stageKey,
    String stage,
    Broadcast<byte[]> shipment,
    int slices,
    int batchesPerRound,
    boolean compute,
    Consumer<RoundSummary> listener) {

  /** Trains from the network's state to the network's state. */
  void run(JavaSparkContext context, StageNetwork network, JavaRDD<MultiDataSet> batches) {
    List<Integer> counts = batches.mapPartitionsWithIndex(BatchRounds::count, true).collect();
    int most = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
    int rounds = (int) (((long) most + batchesPerRound - 1) / batchesPerRound);
    int epoch = network.graph().getConfiguration().getEpochCount() + 1;
    Rounds.run(
        context,
        new Rounds.Stage(stageKey, stage, shipment, slices, false, 1),
        network,
        new Plan(epoch, rounds, counts, batches),
        listener);
  }

  /** By the numbers of the partitions' batches. */
  private final class Plan implements RoundPlan {
    private final int epoch;
    private final int rounds;
    private final List<Integer> counts;
    private final JavaRDD<MultiDataSet> batches;

    Plan(int epoch, int rounds, List<Integer> counts, JavaRDD<MultiDataSet> batches) {
      this.epoch = epoch;
      this.rounds = rounds;
      this.counts = counts;
      this.batches = batches;
    }

    @Override
    public int epoch() {
      return epoch;
    }

    @Override
    public int rounds() {
      return rounds;
    }

    @Override
    public int workers() {
      return counts.size();
    }

    private int first(int round) {
      return (int) Math.min(Integer.MAX_VALUE, (long) round * batchesPerRound);
    }

    @Override
    public Set<Integer> busy(int round) {
      Set<Integer> busy = new TreeSet<>();
      for (int worker = 0; worker < counts.size(); worker++) {
        if (counts.get(worker) > first(round)) {
          busy.add(worker);
        }
      }
      return busy;
    }

    @Override
    public JavaRDD<byte[]> tasks(
        int round, Set<Integer> workers, RoundStart start, Map<Integer, String> homes) {
      // The batches decide: they lie where Spark cached them.
      return batches.mapPartitionsWithIndex(
          new BatchRoundTask(start, workers, first(round), batchesPerRound, compute), true);
    }
  }

  private static java.util.Iterator<Integer> count(
      int worker, java.util.Iterator<MultiDataSet> batches) {
    int count = 0;
    while (batches.hasNext()) {
      batches.next();
      count++;
    }
    return List.of(count).iterator();
  }
}
