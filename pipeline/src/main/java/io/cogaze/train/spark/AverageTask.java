package io.cogaze.train.spark;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import scala.Tuple2;

/**
 * Averages the workers' versions of a slice; reports pass through. How long it took, in
 * nanoseconds, comes beside the average, under the index {@link #TIME}.
 */
final class AverageTask
    implements PairFlatMapFunction<Tuple2<Integer, Iterable<byte[]>>, Integer, byte[]> {
  /** The index of how long averaging took. */
  static final int TIME = -1;

  private static final long serialVersionUID = 1L;

  private final int slices;

  AverageTask(int slices) {
    this.slices = slices;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(Tuple2<Integer, Iterable<byte[]>> ofSlice) {
    if (ofSlice._1() == slices) {
      return StreamSupport.stream(ofSlice._2().spliterator(), false)
          .map(report -> new Tuple2<>(slices, report))
          .iterator();
    }
    long start = System.nanoTime();
    byte[] average = StateSlice.average(ofSlice._2());
    long nanos = System.nanoTime() - start + fetchNanos();
    return List.of(
            new Tuple2<>(ofSlice._1(), average),
            new Tuple2<>(TIME, Bytes.of(out -> out.writeLong(nanos))))
        .iterator();
  }

  /** How long this task waited for the workers' slices before it could begin. */
  private static long fetchNanos() {
    return TimeUnit.MILLISECONDS.toNanos(
        TaskContext.get().taskMetrics().shuffleReadMetrics().fetchWaitTime());
  }
}
