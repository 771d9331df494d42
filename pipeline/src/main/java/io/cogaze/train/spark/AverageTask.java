package io.cogaze.train.spark;

import java.util.Collections;
import java.util.Iterator;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import scala.Tuple2;

/** Averages the workers' versions of a slice; reports pass through. */
final class AverageTask
    implements PairFlatMapFunction<Tuple2<Integer, Iterable<byte[]>>, Integer, byte[]> {
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
    return Collections.singleton(new Tuple2<>(ofSlice._1(), StateSlice.average(ofSlice._2())))
        .iterator();
  }
}
