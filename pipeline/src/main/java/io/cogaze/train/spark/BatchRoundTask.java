package io.cogaze.train.spark;

import io.cogaze.train.step.BatchFit;
import io.cogaze.train.step.WorkerReport;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function2;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A worker's work of one round over its partition's batches; gives what {@link RoundTask} gives.
 */
final class BatchRoundTask implements Function2<Integer, Iterator<MultiDataSet>, Iterator<byte[]>> {
  private static final long serialVersionUID = 1L;

  private final RoundStart start;
  private final TreeSet<Integer> workers;
  private final int first;
  private final int count;
  private final boolean compute;

  /**
   * @param workers whose work is wanted
   * @param first the partition's batch that the round starts with, from 0
   * @param count most batches of the round
   */
  BatchRoundTask(RoundStart start, Set<Integer> workers, int first, int count, boolean compute) {
    this.start = start;
    this.workers = new TreeSet<>(workers);
    this.first = first;
    this.count = count;
    this.compute = compute;
  }

  @Override
  public Iterator<byte[]> call(Integer worker, Iterator<MultiDataSet> batches) {
    if (!workers.contains(worker)) {
      return Collections.emptyIterator();
    }
    WorkerRound round = new WorkerRound(start, worker, TaskContext.get());
    byte[] result = round.onSlot(bench -> round.run(bench, new Batches(worker, batches)));
    return List.of(result).iterator();
  }

  /** Training on batches as they come. */
  private final class Batches implements WorkerRound.Work {
    private final int worker;
    private final Iterator<MultiDataSet> batches;

    Batches(int worker, Iterator<MultiDataSet> batches) {
      this.worker = worker;
      this.batches = batches;
    }

    @Override
    public WorkerReport train(WorkerSlots.Bench bench) {
      for (int skipped = 0; skipped < first; skipped++) {
        batches.next();
      }
      return BatchFit.fit(bench.worker().network(), worker, batches, count, compute);
    }

    @Override
    public Optional<Supplier<RuntimeException>> notFinite(WorkerSlots.Bench bench) {
      return Optional.empty();
    }

    @Override
    public long key(WorkerSlots.Bench bench) {
      throw new IllegalStateException("Batches of an RDD are averaged in full");
    }
  }
}
