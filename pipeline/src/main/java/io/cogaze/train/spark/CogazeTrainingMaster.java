package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.StageNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
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
 * the plan tokens of an epoch ({@link PlanToken}) as paths; for each round it broadcasts the state,
 * each averaging worker trains its batches from that state, the results are cut into slices, each
 * slice is averaged by one task in the order of the worker index with weights n_i / N in float64,
 * and only the averaged slices come back to the driver, so that bytes through the driver do not
 * depend on the number of workers.
 */
public final class CogazeTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {
  private final StageNetwork network;
  private final String stageKey;
  private final String stage;
  private final Broadcast<byte[]> shipment;
  private final int slices;
  private final int averageUpdaterEvery;
  private final Consumer<RoundSummary> listener;
  private int batchesPerRound = Integer.MAX_VALUE;

  /**
   * A master of one stage.
   *
   * @param network the driver's network, whose state every epoch starts from and ends in
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
      int averageUpdaterEvery,
      Consumer<RoundSummary> listener) {
    this.network = network;
    this.stageKey = stageKey;
    this.stage = stage;
    this.shipment = shipment;
    this.slices = slices;
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
    int slots = rounds.values().stream().mapToInt(List::size).max().orElse(0);
    JavaSparkContext context = graph.getSparkContext();
    byte[][] state = cut();
    int every = network.hasUpdaterState() ? averageUpdaterEvery : 1;
    OwnUpdaters own = new OwnUpdaters(context, slices, every > 1 ? workers(rounds) : 0);
    int iteration = network.graph().getConfiguration().getIterationCount();
    int epochsDone = network.graph().getConfiguration().getEpochCount();
    for (Map.Entry<Integer, List<String>> round : rounds.entrySet()) {
      int epoch = PlanToken.decode(round.getValue().get(0)).epoch();
      String name =
          String.format(
              Locale.ROOT,
              "stage %s, epoch %d, round %d of %d",
              stage,
              epoch,
              round.getKey() + 1,
              rounds.size());
      context.setJobGroup(stage + "/" + epoch + "/" + (round.getKey() + 1), name);
      own.next((round.getKey() + 1) % every == 0 || round.getKey() + 1 == rounds.size());
      RoundClock clock = new RoundClock();
      state = round(context, round.getValue(), state, iteration, epochsDone, own, clock);
      List<TaskReport> reports = clock.tasks();
      iteration += reports.stream().mapToInt(task -> task.work().steps()).max().orElse(0);
      long bytes = Arrays.stream(state).mapToLong(slice -> slice.length).sum();
      listener.accept(
          new RoundSummary(
              epoch, round.getKey() + 1, rounds.size(), reports, clock.times(slots), bytes));
    }
    context.clearJobGroup();
    network.state(StateSlice.join(Arrays.asList(state), iteration, epochsDone));
  }

  @SuppressWarnings("ReferenceEquality") // The very same network, not an equal one.
  private void requireOwn(SparkComputationGraph graph) {
    if (graph == null || graph.getNetwork() != network.graph()) {
      throw new IllegalArgumentException(
          "This master trains the network it was made for, and was given another");
    }
  }

  private byte[][] cut() {
    return StateSlice.cut(network.state(), slices);
  }

  private byte[][] round(
      JavaSparkContext context,
      List<String> tokens,
      byte[][] state,
      int iteration,
      int epochsDone,
      OwnUpdaters own,
      RoundClock clock) {
    Broadcast<byte[][]> broadcast = context.broadcast(state);
    clock.broadcastDone();
    boolean whole = false;
    try {
      RoundTask task =
          new RoundTask(
              stageKey,
              shipment,
              broadcast,
              iteration,
              epochsDone,
              network.learningRate(),
              own.averages());
      JavaPairRDD<Integer, byte[]> trained = own.results(tokens, task, broadcast);
      byte[][] averaged = Averaging.run(trained, slices, tokens.size(), stage, broadcast, clock);
      Accounting.averaged(
          context.getLocalProperty("spark.job.description"),
          averaged,
          clock.tasks().stream().map(TaskReport::work).toList());
      whole = true;
      return averaged;
    } finally {
      own.roundDone(whole);
    }
  }

  /** The number of workers that have batches in an epoch. */
  private static int workers(Map<Integer, List<String>> rounds) {
    return rounds.values().stream()
        .flatMap(List::stream)
        .mapToInt(token -> PlanToken.decode(token).worker() + 1)
        .max()
        .orElse(0);
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
