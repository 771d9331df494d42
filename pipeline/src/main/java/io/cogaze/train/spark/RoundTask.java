package io.cogaze.train.spark;

import io.cogaze.shard.Example;
import io.cogaze.train.plan.KeyedRandom;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.step.ExampleSource;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.WorkerReport;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.function.Function;

/**
 * A worker's work of one round: from the round's start, over the token's batches, to blocks of the
 * state reached. Takes a token, or the number of a worker that has no batches but an optimiser's
 * state of its own to hand in; gives a {@link WorkerResult} as bytes.
 */
final class RoundTask implements Function<String, byte[]> {
  private static final long serialVersionUID = 1L;
  private static final String IDLE = "idle:";

  private final RoundStart start;

  RoundTask(RoundStart start) {
    this.start = start;
  }

  /** What stands for the token of a worker without batches. */
  static String idle(int worker) {
    return IDLE + worker;
  }

  @Override
  public byte[] call(String text) {
    TaskContext task = TaskContext.get();
    Optional<PlanToken> token =
        text.startsWith(IDLE) ? Optional.empty() : Optional.of(PlanToken.decode(text));
    int worker =
        token
            .map(PlanToken::worker)
            .orElseGet(() -> Integer.parseInt(text.substring(IDLE.length())));
    WorkerRound round = new WorkerRound(start, worker, task);
    return round.onSlot(
        bench ->
            token.isPresent()
                ? round.run(bench, new Tokens(token.get(), task))
                : round.idle(bench));
  }

  /** Training on a token's batches. */
  private record Tokens(PlanToken token, TaskContext task) implements WorkerRound.Work {
    @Override
    public WorkerReport train(WorkerSlots.Bench bench) {
      return bench.worker().fit(token, source(bench), bench.shipment().prefetchBatches());
    }

    @Override
    public Optional<Supplier<RuntimeException>> notFinite(WorkerSlots.Bench bench) {
      return Optional.of(() -> bench.worker().notFinite(token, source(bench)));
    }

    @Override
    public long key(WorkerSlots.Bench bench) {
      StageDefinition definition = bench.shipment().definition();
      return new KeyedRandom(
              definition.seed(),
              definition.stage(),
              "delta",
              token.epoch(),
              token.round(),
              token.worker())
          .nextLong();
    }

    private ExampleSource source(WorkerSlots.Bench bench) {
      ExampleSource shards = bench.cache().source(bench.shipment().shards(), token.batches());
      return new Cancellable(shards, token, task);
    }
  }

  /** Reads no more once the task is cancelled. */
  private record Cancellable(ExampleSource shards, PlanToken token, TaskContext task)
      implements ExampleSource {
    @Override
    public List<Example> examples(List<PlanToken.Row> rows) {
      if (task.isInterrupted()) {
        throw new TaskKilledException("cancelled in round " + (token.round() + 1));
      }
      return shards.examples(rows);
    }

    @Override
    public long rowGroupsRead() {
      return shards.rowGroupsRead();
    }
  }
}
