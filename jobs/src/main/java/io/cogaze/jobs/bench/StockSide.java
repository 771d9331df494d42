package io.cogaze.jobs.bench;

import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Deeplearning4j's training master, with a network of CoGaze's layers. */
final class StockSide implements AveragingSide {
  private final JavaSparkContext context;
  private final StageDefinition definition;
  private final LongAccumulator examples;
  private final ParameterAveragingTrainingMaster master;
  private StageNetwork network;
  private SparkComputationGraph trained;

  /**
   * @param definition what is trained, at a learning rate
   */
  StockSide(
      JavaSparkContext context, StageDefinition definition, AveragingBenchmark.Settings settings) {
    this.context = context;
    this.definition = definition;
    this.examples = context.sc().longAccumulator("examples of the stock master");
    this.master =
        new ParameterAveragingTrainingMaster.Builder(settings.workers(), settings.batch())
            .batchSizePerWorker(settings.batch())
            .averagingFrequency(settings.frequency())
            .saveUpdater(true)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            // The RDD is kept in memory already, in the way that this master would do it.
            .storageLevel(null)
            .rngSeed(definition.seed())
            .trainingHooks(new ExampleCounter(examples))
            .build();
    use(StageNetwork.initialise(definition, definition.updater().learningRate()));
  }

  private void use(StageNetwork next) {
    network = next;
    trained = new SparkComputationGraph(context, network.graph(), master);
  }

  /**
   * By another network on the driver: a schedule would not work, because the workers' copies of the
   * configuration begin to count at 0.
   */
  @Override
  public void learningRate(double rate) {
    StageNetwork next = StageNetwork.uninitialised(definition, rate);
    next.state(network.state());
    use(next);
  }

  @Override
  public long epoch(JavaRDD<MultiDataSet> batches) {
    examples.reset();
    trained.fitMultiDataSet(batches);
    return examples.value();
  }

  @Override
  public StageNetwork network() {
    return network;
  }

  @Override
  public void close() {
    master.deleteTempFiles(context);
  }
}
