package io.cogaze.jobs.bench;

import io.cogaze.train.spark.BatchTraining;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import java.util.function.DoubleFunction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** CoGaze's training master. */
final class CogazeSide implements AveragingSide {
  private final DoubleFunction<BatchTraining> atRate;
  private BatchTraining training;

  /**
   * @param definition what is trained, by learning rate
   * @param rate the first learning rate
   */
  CogazeSide(
      JavaSparkContext context,
      DoubleFunction<StageDefinition> definition,
      double rate,
      AveragingBenchmark.Settings settings) {
    this.atRate =
        lower -> new BatchTraining(context, definition.apply(lower), 0, settings.frequency(), true);
    this.training = atRate.apply(rate);
  }

  @Override
  public void learningRate(double rate) {
    TrainingState state = training.network().state();
    training.close();
    training = atRate.apply(rate);
    training.network().state(state);
  }

  @Override
  public long epoch(JavaRDD<MultiDataSet> batches) {
    return training.epoch(batches).stream().mapToLong(RoundSummary::examples).sum();
  }

  @Override
  public StageNetwork network() {
    return training.network();
  }

  @Override
  public void close() {
    training.close();
  }
}
