package io.cogaze.train.spark;

import io.cogaze.train.step.BatchFit;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import io.cogaze.train.step.WorkerReport;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import scala.Tuple2;

/**
 * A worker's work of one round over its partition's batches; gives what {@link RoundTask} gives.
 */
final class BatchRoundTask
    implements Function2<Integer, Iterator<MultiDataSet>, Iterator<Tuple2<Integer, byte[]>>> {
  private static final long serialVersionUID = 1L;

  private final Start start;
  private final int first;
  private final int count;
  private final boolean compute;

  /** What a round starts from. */
  record Start(
      String stageKey,
      Broadcast<byte[]> shipment,
      Broadcast<byte[][]> state,
      int iteration,
      int epochsDone,
      double learningRate)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param first the partition's batch that the round starts with, from 0
   * @param count most batches of the round
   */
  BatchRoundTask(Start start, int first, int count, boolean compute) {
    this.start = start;
    this.first = first;
    this.count = count;
    this.compute = compute;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(Integer worker, Iterator<MultiDataSet> batches) {
    long begun = System.nanoTime();
    for (int skipped = 0; skipped < first && batches.hasNext(); skipped++) {
      batches.next();
    }
    if (!batches.hasNext()) {
      return Collections.emptyIterator();
    }
    return WorkerSlots.ofThisJvm()
        .run(
            start.stageKey(),
            start.shipment().value(),
            start.learningRate(),
            bench -> train(worker, batches, bench, begun))
        .iterator();
  }

  private List<Tuple2<Integer, byte[]>> train(
      int worker, Iterator<MultiDataSet> batches, WorkerSlots.Bench bench, long begun) {
    StageNetwork network = bench.worker().network();
    network.state(
        StateSlice.join(
            Arrays.asList(start.state().value()), start.iteration(), start.epochsDone()));
    long stateSet = System.nanoTime();
    WorkerReport report = BatchFit.fit(network, worker, batches, count, compute);
    long fitted = System.nanoTime();
    ExecutorMemory memory = ExecutorMemory.now();
    TrainingState reached = network.state();
    StateSlice.Origin origin = new StateSlice.Origin(worker, report.examples(), report.examples());
    int slices = bench.shipment().slices();
    List<Tuple2<Integer, byte[]>> results = new ArrayList<>(slices + 1);
    for (int slice = 0; slice < slices; slice++) {
      results.add(new Tuple2<>(slice, StateSlice.cut(reached, slice, slices, origin)));
    }
    TaskReport reported =
        new TaskReport(report, stateSet - begun, System.nanoTime() - fitted, memory);
    results.add(new Tuple2<>(slices, Bytes.of(reported::write)));
    return results;
  }
}
