package io.cogaze.jobs.bench;

import io.cogaze.nn.kernel.NativeLibrary;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Batches as an RDD: partition w holds those of averaging worker w, in order, made there. */
final class WorkerBatches implements FlatMapFunction<Integer, MultiDataSet> {
  private static final long serialVersionUID = 1L;

  private final ToyStudies studies;
  private final int[][][] numbers;

  private WorkerBatches(ToyStudies studies, int[][][] numbers) {
    this.studies = studies;
    this.numbers = numbers;
  }

  /**
   * The RDD, not kept in memory yet.
   *
   * @param numbers for each worker its batches of numbers of pictures
   */
  static JavaRDD<MultiDataSet> of(
      JavaSparkContext context, ToyStudies studies, List<List<List<Integer>>> numbers) {
    List<Integer> workers = IntStream.range(0, numbers.size()).boxed().toList();
    int[][][] copy =
        numbers.stream()
            .map(
                batches ->
                    batches.stream()
                        .map(batch -> batch.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new))
            .toArray(int[][][]::new);
    return context.parallelize(workers, workers.size()).flatMap(new WorkerBatches(studies, copy));
  }

  @Override
  public Iterator<MultiDataSet> call(Integer worker) {
    NativeLibrary.prepare();
    return Arrays.stream(numbers[worker])
        .map(batch -> (MultiDataSet) studies.batch(Arrays.stream(batch).boxed().toList()))
        .iterator();
  }
}
