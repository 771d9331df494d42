package io.cogaze.train.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Tasks that Spark runs at a place if there is room for them. */
final class Placed {
  private Placed() {}

  /**
   * What a task takes.
   *
   * @param place as Spark's scheduler names it; empty: anywhere
   */
  record At<T>(T value, Optional<String> place) {}

  /** A partition for each value. */
  static <T> JavaRDD<T> partitions(JavaSparkContext context, List<At<T>> values, Class<T> type) {
    List<Tuple2<T, Seq<String>>> placed = new ArrayList<>();
    for (At<T> each : values) {
      placed.add(
          new Tuple2<>(
              each.value(),
              JavaConverters.asScalaBuffer(each.place().map(List::of).orElse(List.of())).toSeq()));
    }
    ClassTag<T> tag = ClassTag$.MODULE$.apply(type);
    return JavaRDD.fromRDD(
        context.sc().makeRDD(JavaConverters.asScalaBuffer(placed).toSeq(), tag), tag);
  }
}
