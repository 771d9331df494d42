package io.cogaze.train.spark;

import java.util.Iterator;
import java.util.Optional;
import org.apache.spark.api.java.function.FlatMapFunction2;
import scala.Tuple2;

/** A worker's work of a round, with the state that its own optimiser had after the round before. */
final class OwnUpdaterTask
    implements FlatMapFunction2<
        Iterator<String>, Iterator<Tuple2<Integer, byte[]>>, Tuple2<Integer, byte[]>> {
  private static final long serialVersionUID = 1L;

  private final RoundTask task;

  OwnUpdaterTask(RoundTask task) {
    this.task = task;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(
      Iterator<String> token, Iterator<Tuple2<Integer, byte[]>> before) {
    Optional<OwnUpdater> own =
        before.hasNext() ? Optional.of(OwnUpdater.of(before.next()._2())) : Optional.empty();
    return task.run(token.next(), own);
  }
}
