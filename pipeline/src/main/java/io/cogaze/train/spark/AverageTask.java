package io.cogaze.train.spark;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
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
  private final Broadcast<byte[][]> start;

  /**
   * @param slices index under which the reports are
   * @param start the round's start, by slice
   */
  AverageTask(int slices, Broadcast<byte[][]> start) {
    this.slices = slices;
    this.start = start;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(Tuple2<Integer, Iterable<byte[]>> ofSlice) {
    int slice = ofSlice._1();
    if (slice == slices) {
      return StreamSupport.stream(ofSlice._2().spliterator(), false)
          .map(report -> new Tuple2<>(slices, report))
          .iterator();
    }
    long begin = System.nanoTime();
    byte[] average = StateSlice.average(ofSlice._2(), () -> start.value()[slice]);
    long nanos = System.nanoTime() - begin + fetchNanos();
    return List.of(
            new Tuple2<>(slice, average), new Tuple2<>(TIME, Bytes.of(out -> out.writeLong(nanos))))
        .iterator();
  }

  /** How long this task waited for the workers' slices before it could begin. */
  private static long fetchNanos() {
    return TimeUnit.MILLISECONDS.toNanos(
        TaskContext.get().taskMetrics().shuffleReadMetrics().fetchWaitTime());
  }
}
