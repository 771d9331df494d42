package io.cogaze.jobs.bench;

import io.cogaze.nn.network.Head;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The same made-up batch over and over, made where it is used. */
final class RepeatedBatch implements FlatMapFunction<Integer, MultiDataSet> {
  private static final long serialVersionUID = 1L;

  private final String subject;
  private final boolean tiny;
  private final int count;

  private RepeatedBatch(String subject, boolean tiny, int count) {
    this.subject = subject;
    this.tiny = tiny;
    this.count = count;
  }

  /** An RDD with a partition of {@code count} batches for each worker. */
  static JavaRDD<MultiDataSet> of(
      JavaSparkContext context, BenchCase subject, int workers, int count) {
    boolean tiny = !subject.equals(BenchCase.parse(subject.toString()));
    return context
        .parallelize(IntStream.range(0, workers).boxed().toList(), workers)
        .flatMap(new RepeatedBatch(subject.toString(), tiny, count));
  }

  /** Heads in the order of a network's outputs, which is that of their constants. */
  static List<Head> outputs(BenchCase subject) {
    return subject.network().heads().keySet().stream().sorted().toList();
  }

  @Override
  public Iterator<MultiDataSet> call(Integer worker) {
    BenchCase parsed = BenchCase.parse(subject);
    MultiDataSet batch = RoundBenchmark.batch(tiny ? parsed.tiny() : parsed);
    return Collections.nCopies(count, batch).iterator();
  }
}
