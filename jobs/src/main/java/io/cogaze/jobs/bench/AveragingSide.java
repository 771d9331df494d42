package io.cogaze.jobs.bench;

import io.cogaze.train.step.StageNetwork;
import org.apache.spark.api.java.JavaRDD;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A training master with the network that it trains. */
interface AveragingSide extends AutoCloseable {
  /** The learning rate of the epochs that follow; parameters and optimiser stay as they are. */
  void learningRate(double rate);

  /**
   * Trains an epoch.
   *
   * @param batches partition w holds the batches of averaging worker w
   * @return the number of examples that were trained on
   */
  long epoch(JavaRDD<MultiDataSet> batches);

  /** The network as it is after the epochs so far. */
  StageNetwork network();

  @Override
  void close();
}
