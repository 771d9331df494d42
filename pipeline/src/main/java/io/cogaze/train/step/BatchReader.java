package io.cogaze.train.step;

import io.cogaze.shard.Example;
import io.cogaze.train.plan.PlanToken;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The examples of batches in order, read ahead on a thread of its own while the network computes.
 * At most a fixed number of batches wait. Which batch holds which examples does not depend on it.
 * An error of reading comes out where its batch is asked for.
 */
final class BatchReader implements AutoCloseable {
  private final Iterator<List<PlanToken.Row>> batches;
  private final ExampleSource source;
  private final int ahead;
  private final ExecutorService thread;
  private final Queue<Future<List<Example>>> reading = new ArrayDeque<>();

  /**
   * A reader of batches.
   *
   * @param ahead batches that are read before they are asked for; 0 reads each when it is
   */
  BatchReader(List<List<PlanToken.Row>> batches, ExampleSource source, int ahead) {
    this.batches = batches.iterator();
    this.source = source;
    this.ahead = ahead;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "cogaze-reader");
              made.setDaemon(true);
              return made;
            });
    fill();
  }

  /**
   * The next batch. Errors: what the source throws; {@link CancellationException} when this thread
   * is interrupted; {@link NoSuchElementException} after the last.
   */
  List<Example> next() {
    if (ahead == 0) {
      return source.examples(batches.next());
    }
    Future<List<Example>> batch = reading.remove();
    try {
      List<Example> examples = batch.get();
      fill();
      return examples;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      CancellationException cancelled =
          new CancellationException("Reading was cancelled while the network waited for a batch");
      cancelled.initCause(e);
      throw cancelled;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException("The reading thread failed", e.getCause());
    }
  }

  private void fill() {
    while (reading.size() < ahead && batches.hasNext()) {
      List<PlanToken.Row> rows = batches.next();
      reading.add(thread.submit(() -> source.examples(rows)));
    }
  }

  /** Stops reading; what was read ahead is dropped, and no new file is opened. */
  @Override
  public void close() {
    reading.clear();
    thread.shutdownNow();
  }
}
