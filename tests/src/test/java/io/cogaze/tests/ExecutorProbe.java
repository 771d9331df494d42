package io.cogaze.tests;

import io.cogaze.nn.kernel.NativeLibrary;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A tiny application: sends an array to every executor, and prints what it met there. */
public final class ExecutorProbe {
  private ExecutorProbe() {}

  /**
   * What one task saw.
   *
   * @param process id of its JVM
   * @param ompThreads native threads
   * @param offHeap limit of the native allocator
   * @param timeSource DL4J's clock
   * @param array the array that came, plus one
   */
  record Seen(long process, String ompThreads, String offHeap, String timeSource, INDArray array)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Needs no arguments. */
  public static void main(String[] args) {
    NativeLibrary.prepare();
    try (SparkSession spark = SparkSession.builder().getOrCreate()) {
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      INDArray zeros = Nd4j.zeros(1, 3);
      List<Seen> seen =
          context
              .parallelize(List.of(1, 2, 3, 4), 4)
              .map(
                  number -> {
                    // Long enough for the second executor to take its share.
                    Thread.sleep(1500);
                    return new Seen(
                        ProcessHandle.current().pid(),
                        System.getenv("OMP_NUM_THREADS"),
                        System.getProperty("org.bytedeco.javacpp.maxbytes"),
                        System.getProperty("org.deeplearning4j.spark.time.TimeSource"),
                        zeros.add(1));
                  })
              .collect();
      double sum = seen.stream().mapToDouble(s -> s.array().sumNumber().doubleValue()).sum();
      System.out.println("sum " + sum);
      System.out.println(
          "processes " + distinct(seen.stream().map(s -> "" + s.process()).toList()).size());
      System.out.println("omp-threads " + distinct(seen.stream().map(Seen::ompThreads).toList()));
      System.out.println("off-heap " + distinct(seen.stream().map(Seen::offHeap).toList()));
      System.out.println("time-source " + distinct(seen.stream().map(Seen::timeSource).toList()));
      System.out.println("serializer " + spark.conf().get("spark.serializer"));
    }
  }

  private static Set<String> distinct(List<String> values) {
    return values.stream().map(String::valueOf).collect(Collectors.toCollection(TreeSet::new));
  }
}
