package io.cogaze.train.spark;

import java.util.Collections;
import java.util.Iterator;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/** Averages the workers' versions of a slice; reports pass through. */
final class AverageTask
    implements PairFlatMapFunction<Tuple2<Integer, Iterable<byte[]>>, Integer, byte[]> {
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
    byte[] average = StateSlice.average(ofSlice._2(), () -> start.value()[slice]);
    return Collections.singleton(new Tuple2<>(slice, average)).iterator();
  }
}
