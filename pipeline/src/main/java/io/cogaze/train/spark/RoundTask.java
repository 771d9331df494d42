package io.cogaze.train.spark;

import io.cogaze.train.plan.KeyedRandom;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.ExampleSource;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.TrainingState;
import io.cogaze.train.step.WorkerReport;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * A worker's work of one round: from the round's state, over the token's batches, to the slices of
 * the state reached, each under its index, and the report, under the index after the last slice. In
 * a round that does not average the optimisers' states the worker's own follows under the index
 * after that ({@link OwnUpdater}).
 */
final class RoundTask implements PairFlatMapFunction<String, Integer, byte[]> {
  private static final long serialVersionUID = 1L;
  private static final float[] NONE = {};

  private final String stageKey;
  private final Broadcast<byte[]> shipment;
  private final Broadcast<byte[][]> state;
  private final int iteration;
  private final int epochsDone;
  private final double learningRate;
  private final boolean averagesUpdater;

  RoundTask(
      String stageKey,
      Broadcast<byte[]> shipment,
      Broadcast<byte[][]> state,
      int iteration,
      int epochsDone,
      double learningRate,
      boolean averagesUpdater) {
    this.stageKey = stageKey;
    this.shipment = shipment;
    this.state = state;
    this.iteration = iteration;
    this.epochsDone = epochsDone;
    this.learningRate = learningRate;
    this.averagesUpdater = averagesUpdater;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(String text) {
    return run(text, Optional.empty());
  }

  /**
   * The results of a worker that has the state of an optimiser of its own.
   *
   * @param text the worker's token; empty where it has no batches in this round
   */
  Iterator<Tuple2<Integer, byte[]>> run(String text, Optional<OwnUpdater> own) {
    long begun = System.nanoTime();
    TaskContext task = TaskContext.get();
    return WorkerSlots.ofThisJvm()
        .run(
            stageKey,
            shipment.value(),
            learningRate,
            bench ->
                text.isEmpty()
                    ? idle(own, bench.shipment())
                    : train(PlanToken.decode(text), own, bench, task, begun));
  }

  private Iterator<Tuple2<Integer, byte[]>> train(
      PlanToken token,
      Optional<OwnUpdater> own,
      WorkerSlots.Bench bench,
      TaskContext task,
      long begun) {
    TrainingState start = start(own);
    bench.worker().network().state(start);
    long stateSet = System.nanoTime();
    ExampleSource shards = bench.cache().source(bench.shipment().shards(), token.batches());
    ExampleSource source =
        rows -> {
          if (task.isInterrupted()) {
            throw new TaskKilledException("cancelled in round " + (token.round() + 1));
          }
          return shards.examples(rows);
        };
    WorkerReport report = bench.worker().fit(token, source, bench.shipment().prefetchBatches());
    long fitted = System.nanoTime();
    ExecutorMemory memory = ExecutorMemory.now();
    TrainingState reached = bench.worker().reached(token, source);
    StateSlice.Origin origin =
        new StateSlice.Origin(
            report.worker(),
            report.examples(),
            own.map(OwnUpdater::examples).orElse(0L) + report.examples());
    StageDefinition definition = bench.shipment().definition();
    long key =
        new KeyedRandom(
                definition.seed(),
                definition.stage(),
                "delta",
                token.epoch(),
                token.round(),
                token.worker())
            .nextLong();
    Stream<Tuple2<Integer, byte[]>> results =
        slices(
            start,
            averagesUpdater ? reached : reached.withUpdater(NONE),
            origin,
            key,
            bench.shipment());
    int slices = bench.shipment().slices();
    // Slices are cut as Spark's shuffle takes them, and the report last, so that it knows the time.
    Stream<Tuple2<Integer, byte[]>> last =
        Stream.of(slices)
            .map(
                index ->
                    new Tuple2<>(
                        index,
                        Bytes.of(
                            new TaskReport(
                                    report, stateSet - begun, System.nanoTime() - fitted, memory)
                                ::write)));
    Stream<Tuple2<Integer, byte[]>> updater =
        averagesUpdater
            ? Stream.empty()
            : Stream.of(
                new Tuple2<>(slices + 1, new OwnUpdater(origin, reached.updater()).toBytes()));
    return Stream.concat(Stream.concat(results, updater), last).iterator();
  }

  /** A worker without batches keeps its optimiser's state, until that is averaged. */
  private Iterator<Tuple2<Integer, byte[]>> idle(Optional<OwnUpdater> own, StageShipment shipped) {
    if (own.isEmpty()) {
      return Collections.emptyIterator();
    }
    if (!averagesUpdater) {
      return Stream.of(new Tuple2<>(shipped.slices() + 1, own.get().toBytes())).iterator();
    }
    TrainingState start = start(own);
    StateSlice.Origin origin =
        new StateSlice.Origin(own.get().origin().worker(), 0, own.get().examples());
    return slices(start, start, origin, 0, shipped).iterator();
  }

  private TrainingState start(Optional<OwnUpdater> own) {
    TrainingState joined = StateSlice.join(Arrays.asList(state.value()), iteration, epochsDone);
    return own.map(updater -> joined.withUpdater(updater.values())).orElse(joined);
  }

  private static Stream<Tuple2<Integer, byte[]>> slices(
      TrainingState start,
      TrainingState reached,
      StateSlice.Origin origin,
      long key,
      StageShipment shipped) {
    int count = shipped.slices();
    return IntStream.range(0, count)
        .mapToObj(
            slice ->
                new Tuple2<>(
                    slice,
                    shipped.sendsDeltas()
                        ? StateSlice.cutDeltas(start, reached, slice, count, origin, key)
                        : StateSlice.cut(reached, slice, count, origin)));
  }
}
