package io.cogaze.train.spark;

import io.cogaze.train.step.StageNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaPairRDD;
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
    byte[][] state = StateSlice.cut(network.state(), slices);
    int iteration = network.graph().getConfiguration().getIterationCount();
    int epochsDone = network.graph().getConfiguration().getEpochCount();
    for (int round = 0; round < rounds; round++) {
      RoundClock clock = new RoundClock();
      int first = (int) Math.min(Integer.MAX_VALUE, (long) round * batchesPerRound);
      int workers = (int) counts.stream().filter(count -> count > first).count();
      Broadcast<byte[][]> broadcast = context.broadcast(state);
      clock.broadcastDone();
      // Spark may put it to disk while the workers' average comes in.
      state = null;
      try {
        BatchRoundTask task =
            new BatchRoundTask(
                new BatchRoundTask.Start(
                    stageKey, shipment, broadcast, iteration, epochsDone, network.learningRate()),
                first,
                batchesPerRound,
                compute);
        state =
            Averaging.run(
                JavaPairRDD.fromJavaRDD(batches.mapPartitionsWithIndex(task, true)),
                slices,
                workers,
                stage,
                broadcast,
                clock);
      } finally {
        broadcast.destroy();
      }
      iteration += clock.tasks().stream().mapToInt(report -> report.work().steps()).max().orElse(0);
      listener.accept(
          new RoundSummary(
              epochsDone + 1,
              round + 1,
              rounds,
              clock.tasks(),
              clock.times(counts.size()),
              Arrays.stream(state).mapToLong(slice -> slice.length).sum()));
    }
    network.state(StateSlice.join(Arrays.asList(state), iteration, epochsDone));
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
