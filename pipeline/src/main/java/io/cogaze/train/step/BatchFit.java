package io.cogaze.train.step;

import io.cogaze.error.RunException;
import io.cogaze.nn.network.Turns;
import java.util.Iterator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Trains a network on batches that come as arrays, not as examples of shards. */
public final class BatchFit {
  private BatchFit() {}

  /**
   * Trains on at most {@code steps} batches, from the network's present state on.
   *
   * @param worker the averaging worker, from 0
   * @param compute whether steps are done; if not, batches are only counted, to measure what a
   *     round costs beside them
   * @return the report; without ids, and without losses of single heads
   *     <p>Errors: {@link RunException} when a loss is not finite.
   */
  public static WorkerReport fit(
      StageNetwork network,
      int worker,
      Iterator<MultiDataSet> batches,
      int steps,
      boolean compute) {
    ComputationGraph graph = network.graph();
    double lossSum = 0;
    long examples = 0;
    int done = 0;
    long readNanos = 0;
    long computeNanos = 0;
    long start = System.nanoTime();
    while (done < steps && batches.hasNext()) {
      MultiDataSet batch = batches.next();
      long read = System.nanoTime();
      long size = batch.getFeatures(0).size(0);
      if (compute) {
        Turns.fit(graph, batch);
        double loss = graph.score();
        if (!Double.isFinite(loss)) {
          throw new RunException(
              "Cannot go on: the loss of worker "
                  + worker
                  + ", batch "
                  + done
                  + " of its round, is "
                  + loss
                  + ". Lower the learning rate, or look at the batch");
        }
        lossSum += loss * size;
      }
      examples += size;
      done++;
      long end = System.nanoTime();
      readNanos += read - start;
      computeNanos += end - read;
      start = end;
    }
    return new WorkerReport(
        worker, examples, done, lossSum, new double[0], 0, 0, readNanos, computeNanos);
  }
}
