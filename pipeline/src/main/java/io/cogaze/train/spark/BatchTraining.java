package io.cogaze.train.spark;

import io.cogaze.shard.JavaBytes;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.StateSection;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * CoGaze's averaging on batches that lie in an RDD, without shards, run folder or checkpoints: for
 * benchmarks and comparisons with Deeplearning4j's own training master, which takes the same RDD.
 */
public final class BatchTraining implements AutoCloseable {
  private static final int NOISE = 1 << 16;

  private final JavaSparkContext context;
  private final StageDefinition definition;
  private final StageNetwork network;
  private final Broadcast<byte[]> shipment;
  private final int slices;
  private final int batchesPerRound;
  private final boolean compute;

  /**
   * A network with the definition's random parameters, ready to train.
   *
   * @param slices parts into which states are cut for averaging; 0: as it fits their size
   * @param batchesPerRound batches of a worker between two averagings
   * @param compute whether workers train; if not, rounds carry the state around and nothing else
   */
  public BatchTraining(
      JavaSparkContext context,
      StageDefinition definition,
      int slices,
      int batchesPerRound,
      boolean compute) {
    this.context = context;
    this.definition = definition;
    this.slices = slices;
    this.batchesPerRound = batchesPerRound;
    this.compute = compute;
    this.network = StageNetwork.initialise(definition, definition.updater().learningRate());
    if (!compute) {
      noise();
    }
    this.shipment =
        context.broadcast(
            JavaBytes.of(
                new StageShipment(definition, null, network.frozen(), 0, false, 0, 0, false)));
  }

  /** An optimiser's state that does not compress, as after training; never whole on the heap. */
  private void noise() {
    SplittableRandom random = new SplittableRandom(1);
    int length = network.length(StateSection.UPDATER);
    float[] block = new float[NOISE];
    for (int from = 0; from < length; from += NOISE) {
      int part = Math.min(NOISE, length - from);
      for (int i = 0; i < part; i++) {
        block[i] = (float) random.nextDouble();
      }
      network.write(StateSection.UPDATER, from, FloatBuffer.wrap(block, 0, part));
    }
  }

  /** The driver's network: what was trained so far. */
  public StageNetwork network() {
    return network;
  }

  /**
   * Trains an epoch.
   *
   * @param batches partition w holds the batches of averaging worker w, in order
   * @return its averaging rounds
   */
  public List<RoundSummary> epoch(JavaRDD<MultiDataSet> batches) {
    List<RoundSummary> rounds = new ArrayList<>();
    epoch(batches, rounds::add);
    return rounds;
  }

  /** The same; each round is told of as soon as it is done. */
  public void epoch(JavaRDD<MultiDataSet> batches, Consumer<RoundSummary> listener) {
    if (!compute) {
      new BatchRounds(
              definition.key(),
              definition.stage(),
              shipment,
              slices,
              batchesPerRound,
              false,
              listener)
          .run(context, network, batches);
      return;
    }
    CogazeTrainingMaster master =
        new CogazeTrainingMaster(
            network, definition.key(), definition.stage(), shipment, slices, false, 1, listener);
    master.batchesPerRound(batchesPerRound);
    new SparkComputationGraph(context, network.graph(), master).fitMultiDataSet(batches);
  }

  @Override
  public void close() {
    WorkerSlots.evictEverywhere(context, definition.stage(), definition.key());
    Slabs.free(definition.key());
    shipment.destroy();
  }
}
