package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.StageNetwork;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Parameter averaging that uses every example once. {@code SparkComputationGraph.fitPaths} hands it
 * the plan tokens of an epoch ({@link PlanToken}) as paths; how their rounds go is in {@link
 * Rounds}.
 */
public final class CogazeTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {
  private final StageNetwork network;
  private final String stageKey;
  private final String stage;
  private final Broadcast<byte[]> shipment;
  private final int slices;
  private final boolean deltas;
  private final int averageUpdaterEvery;
  private final Consumer<RoundSummary> listener;
  private int batchesPerRound = Integer.MAX_VALUE;

  /**
   * A master of one stage.
   *
   * @param network the driver's network, whose state every epoch starts from and ends in
   * @param slices parts into which states are cut
   * @param deltas whether workers send 16-bit differences
   * @param averageUpdaterEvery rounds between two averagings of the optimisers' states; the last
   *     round of an epoch always averages them
   * @param listener is told of every round
   */
  CogazeTrainingMaster(
      StageNetwork network,
      String stageKey,
      String stage,
      Broadcast<byte[]> shipment,
      int slices,
      boolean deltas,
      int averageUpdaterEvery,
      Consumer<RoundSummary> listener) {
    this.network = network;
    this.stageKey = stageKey;
    this.stage = stage;
    this.shipment = shipment;
    this.slices = slices;
    this.deltas = deltas;
    this.averageUpdaterEvery = averageUpdaterEvery;
    this.listener = listener;
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer multiLayer,
      SparkComputationGraph graph,
      JavaRDD<String> tokens,
      DataSetLoader dataSetLoader,
      MultiDataSetLoader multiDataSetLoader) {
    requireOwn(graph);
    Map<Integer, List<String>> rounds = new TreeMap<>();
    for (String token : tokens.collect()) {
      rounds.computeIfAbsent(PlanToken.decode(token).round(), r -> new ArrayList<>()).add(token);
    }
    JavaSparkContext context = graph.getSparkContext();
    Rounds.run(
        context,
        new Rounds.Stage(stageKey, stage, shipment, slices, deltas, averageUpdaterEvery),
        network,
        new TokenRounds(context, List.copyOf(rounds.values())),
        listener);
  }

  @SuppressWarnings("ReferenceEquality") // The very same network, not an equal one.
  private void requireOwn(SparkComputationGraph graph) {
    if (graph == null || graph.getNetwork() != network.graph()) {
      throw new IllegalArgumentException(
          "This master trains the network it was made for, and was given another");
    }
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer multiLayer) {
    throw unsupported("workers of MultiLayerNetwork");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw unsupported("workers of Deeplearning4j's own kind");
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer multiLayer, JavaRDD<DataSet> data) {
    throw unsupported("an RDD of data sets");
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> data) {
    throw unsupported("an RDD of data sets");
  }

  /** Batches of a worker between two averagings in {@link #executeTrainingMDS}; else all. */
  void batchesPerRound(int batches) {
    batchesPerRound = batches;
  }

  /** Trains an epoch on batches: partition w holds those of averaging worker w, in order. */
  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> data) {
    requireOwn(graph);
    new BatchRounds(stageKey, stage, shipment, slices, batchesPerRound, true, listener)
        .run(graph.getSparkContext(), network, data);
  }

  @Override
  public void addHook(TrainingHook hook) {
    throw unsupported("training hooks");
  }

  @Override
  public void removeHook(TrainingHook hook) {
    throw unsupported("training hooks");
  }

  @Override
  public void setListeners(Collection<TrainingListener> listeners) {
    throw unsupported("training listeners; rounds are reported to the stage's own listener");
  }

  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> listeners) {
    throw unsupported("training listeners; rounds are reported to the stage's own listener");
  }

  @Override
  public void setCollectTrainingStats(boolean collect) {
    if (collect) {
      throw unsupported("Deeplearning4j's statistics, which ask a time server; see the metrics");
    }
  }

  @Override
  public boolean getIsCollectTrainingStats() {
    return false;
  }

  @Override
  public SparkTrainingStats getTrainingStats() {
    throw unsupported("Deeplearning4j's statistics, which ask a time server; see the metrics");
  }

  @Override
  public boolean deleteTempFiles(JavaSparkContext context) {
    return true;
  }

  @Override
  public boolean deleteTempFiles(SparkContext context) {
    return true;
  }

  @Override
  public String toJson() {
    return "{\"@class\":\"" + getClass().getName() + "\",\"stage\":\"" + stage + "\"}";
  }

  @Override
  public String toYaml() {
    return "stage: " + stage + "\n";
  }

  private static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException(
        "CoGaze's training master takes plan tokens by fitPaths or batches by fitMultiDataSet, not "
            + what);
  }
}
