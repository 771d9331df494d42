package io.cogaze.train.spark;

import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.ExampleSource;
import io.cogaze.train.step.TrainingState;
import io.cogaze.train.step.WorkerReport;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * A worker's work of one round: from the round's state, over the token's batches, to the slices of
 * the state reached, each under its index, and the report, under the index after the last slice.
 */
final class RoundTask implements PairFlatMapFunction<String, Integer, byte[]> {
  private static final long serialVersionUID = 1L;

  private final String stageKey;
  private final Broadcast<byte[]> shipment;
  private final Broadcast<byte[][]> state;
  private final int iteration;
  private final int epochsDone;
  private final double learningRate;

  RoundTask(
      String stageKey,
      Broadcast<byte[]> shipment,
      Broadcast<byte[][]> state,
      int iteration,
      int epochsDone,
      double learningRate) {
    this.stageKey = stageKey;
    this.shipment = shipment;
    this.state = state;
    this.iteration = iteration;
    this.epochsDone = epochsDone;
    this.learningRate = learningRate;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(String text) {
    long start = System.nanoTime();
    PlanToken token = PlanToken.decode(text);
    return WorkerSlots.ofThisJvm()
        .run(stageKey, shipment.value(), learningRate, bench -> train(token, bench, start));
  }

  private Iterator<Tuple2<Integer, byte[]>> train(
      PlanToken token, WorkerSlots.Bench bench, long start) {
    bench
        .worker()
        .network()
        .state(StateSlice.join(Arrays.asList(state.value()), iteration, epochsDone));
    long stateSet = System.nanoTime();
    ExampleSource source = bench.cache().source(bench.shipment().shards());
    WorkerReport report = bench.worker().fit(token, source);
    long fitted = System.nanoTime();
    ExecutorMemory memory = ExecutorMemory.now();
    TrainingState reached = bench.worker().reached(token, source);
    int slices = bench.shipment().slices();
    Stream<Tuple2<Integer, byte[]>> cut =
        IntStream.range(0, slices)
            .mapToObj(
                slice ->
                    new Tuple2<>(
                        slice,
                        StateSlice.cut(
                            reached, slice, slices, report.worker(), report.examples())));
    // Slices are cut as Spark's shuffle takes them, and the report last, so that it knows the time.
    Stream<Tuple2<Integer, byte[]>> last =
        Stream.of(slices)
            .map(
                index ->
                    new Tuple2<>(
                        index,
                        Bytes.of(
                            new TaskReport(
                                    report, stateSet - start, System.nanoTime() - fitted, memory)
                                ::write)));
    return Stream.concat(cut, last).iterator();
  }
}
