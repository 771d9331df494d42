package io.cogaze.train.spark;

import io.cogaze.train.exchange.BlockLostException;
import io.cogaze.train.exchange.BlockSet;
import io.cogaze.train.exchange.Slab;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.exchange.Traffic;
import io.cogaze.train.spark.StateSlice.Content;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import io.cogaze.train.step.WorkerReport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;

/**
 * A worker's part of a round on a slot: takes the start, trains, and leaves the state that it
 * reaches as blocks of this process.
 */
final class WorkerRound {
  private static final float[] NONE = {};

  private final RoundStart start;
  private final int worker;
  private final TaskContext task;
  private final long begun = System.nanoTime();

  /**
   * @param task the task, on whose thread this is called
   */
  WorkerRound(RoundStart start, int worker, TaskContext task) {
    this.start = start;
    this.worker = worker;
    this.task = task;
  }

  /** What the worker does between its start and the state that it reaches. */
  interface Work {
    WorkerReport train(WorkerSlots.Bench bench);

    /** What to say when the state reached is not finite; nothing where that is not looked at. */
    Optional<Supplier<RuntimeException>> notFinite(WorkerSlots.Bench bench);

    /** The key of the random numbers of 16-bit differences. */
    long key(WorkerSlots.Bench bench);
  }

  /** Does a part of the round on a slot of this process; gives a {@link WorkerResult} as bytes. */
  byte[] onSlot(Function<WorkerSlots.Bench, WorkerResult> part) {
    return WorkerSlots.ofThisJvm()
        .run(start.stageKey(), start.shipment().value(), start.learningRate(), part)
        .toBytes();
  }

  /** Trains. */
  WorkerResult run(WorkerSlots.Bench bench, Work work) {
    return begun(bench, traffic -> trained(bench, work, traffic));
  }

  private WorkerResult trained(WorkerSlots.Bench bench, Work work, Traffic traffic) {
    StageNetwork network = bench.worker().network();
    boolean deltas = bench.shipment().sendsDeltas();
    Optional<TrainingState> before = deltas ? Optional.of(network.state()) : Optional.empty();
    long stateSet = System.nanoTime();
    WorkerReport report = work.train(bench);
    long fitted = System.nanoTime();
    ExecutorMemory memory = ExecutorMemory.now();
    long examples = report.examples();
    StateSlice.Origin origin =
        new StateSlice.Origin(worker, examples, start.ownExamples(worker) + examples);
    Content content = start.averagesUpdater() ? Content.WHOLE : Content.WITHOUT_UPDATER;
    BlockSet reached =
        deltas
            ? putDeltas(before.get(), network, origin, work, bench)
            : put(network, "w", start.reached(), origin, content, work.notFinite(bench));
    Optional<RoundStart.Own> own =
        start.averagesUpdater()
            ? Optional.empty()
            : Optional.of(
                new RoundStart.Own(
                    put(network, "u", start.kept(), origin, Content.UPDATER, Optional.empty()),
                    origin.updaterExamples()));
    TaskReport reported =
        new TaskReport(report, stateSet - begun, System.nanoTime() - fitted, memory);
    return new WorkerResult(
        worker, Optional.empty(), Optional.of(reported), Optional.of(reached), own, traffic);
  }

  /** A worker without batches hands in its optimiser's state, with a state that counts nothing. */
  WorkerResult idle(WorkerSlots.Bench bench) {
    return begun(bench, traffic -> untrained(bench, traffic));
  }

  /** What comes after the start, if that is to be had. */
  private WorkerResult begun(WorkerSlots.Bench bench, Function<Traffic, WorkerResult> rest) {
    Traffic traffic;
    try {
      traffic = start.into(bench.worker().network(), worker);
    } catch (BlockLostException e) {
      return WorkerResult.lost(worker, e.getMessage());
    }
    return rest.apply(traffic);
  }

  private WorkerResult untrained(WorkerSlots.Bench bench, Traffic traffic) {
    StageNetwork network = bench.worker().network();
    StateSlice.Origin origin = new StateSlice.Origin(worker, 0, start.ownExamples(worker));
    BlockSet reached;
    if (bench.shipment().sendsDeltas()) {
      TrainingState state = network.state();
      reached = putDeltas(state, state, origin, 0);
    } else {
      reached = put(network, "w", start.reached(), origin, Content.WHOLE, Optional.empty());
    }
    return new WorkerResult(
        worker,
        Optional.empty(),
        Optional.empty(),
        Optional.of(reached),
        Optional.empty(),
        traffic);
  }

  private BlockSet put(
      StageNetwork network,
      String label,
      long broadcast,
      StateSlice.Origin origin,
      Content content,
      Optional<Supplier<RuntimeException>> notFinite) {
    int slices = start.values().slices();
    BlockSet set = BlockSet.ofTask(broadcast, label + worker, task);
    long bytes = 0;
    for (int slice = 0; slice < slices; slice++) {
      bytes += StateSlice.bytes(network, slice, slices, content);
    }
    try (Slab slab =
        Slabs.take(start.stageKey(), broadcast, start.alive(), Slabs.room(bytes, slices))) {
      for (int slice = 0; slice < slices; slice++) {
        ByteBuffer part = slab.next(StateSlice.bytes(network, slice, slices, content));
        StateSlice.cut(network, slice, slices, origin, content, part);
        part.rewind();
        if (notFinite.isPresent() && !StateSlice.isFinite(part)) {
          throw notFinite.get().get();
        }
        slab.put(set, slice, part);
      }
      slab.filled();
    }
    return set;
  }

  private BlockSet putDeltas(
      TrainingState before,
      StageNetwork network,
      StateSlice.Origin origin,
      Work work,
      WorkerSlots.Bench bench) {
    TrainingState reached = network.state();
    Optional<Supplier<RuntimeException>> notFinite = work.notFinite(bench);
    if (notFinite.isPresent() && !reached.isFinite()) {
      throw notFinite.get().get();
    }
    return putDeltas(before, reached, origin, work.key(bench));
  }

  private BlockSet putDeltas(
      TrainingState before, TrainingState reached, StateSlice.Origin origin, long key) {
    int slices = start.values().slices();
    TrainingState sent = start.averagesUpdater() ? reached : reached.withUpdater(NONE);
    BlockSet set = BlockSet.ofTask(start.reached(), "w" + worker, task);
    List<byte[]> cut = new ArrayList<>();
    long bytes = 0;
    for (int slice = 0; slice < slices; slice++) {
      cut.add(StateSlice.cutDeltas(before, sent, slice, slices, origin, key));
      bytes += cut.get(slice).length;
    }
    try (Slab slab =
        Slabs.take(start.stageKey(), start.reached(), start.alive(), Slabs.room(bytes, slices))) {
      for (int slice = 0; slice < slices; slice++) {
        ByteBuffer part = slab.next(cut.get(slice).length);
        part.put(cut.get(slice));
        slab.put(set, slice, part);
        cut.set(slice, null);
      }
      slab.filled();
    }
    return set;
  }
}
