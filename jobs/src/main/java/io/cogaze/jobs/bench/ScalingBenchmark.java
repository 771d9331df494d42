package io.cogaze.jobs.bench;

import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.spark.BatchTraining;
import io.cogaze.train.spark.RoundBytes;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.step.StageDefinition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Rounds that carry a state of about 4 MB and train nothing, so that all their time is what
 * averaging adds, with the bytes that went through the driver and through the busiest node.
 */
public final class ScalingBenchmark {
  private static final int SIZE = 32;
  private static final int WARM_UP = 2;
  private static final long WAIT_MS = 120_000;
  private static final double LEARNING_RATE = 1e-3;

  private ScalingBenchmark() {}

  /**
   * Measures.
   *
   * @param context with as many executors as workers, of one core each
   * @param rounds that count, in the midst of an epoch
   */
  public static ScalingPoint measure(JavaSparkContext context, int workers, int rounds) {
    awaitExecutors(context, workers);
    NativeLibrary.prepare();
    List<List<List<Integer>>> all = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      List<List<Integer>> batches = new ArrayList<>();
      for (int round = 0; round < WARM_UP + rounds + 1; round++) {
        batches.add(List.of(worker));
      }
      all.add(batches);
    }
    JavaRDD<MultiDataSet> batches = WorkerBatches.of(context, new ToyStudies(1, SIZE), all);
    List<RoundSummary> measured = new ArrayList<>();
    List<ProcessIo> driver = new ArrayList<>();
    try (BatchTraining training = new BatchTraining(context, definition(workers), 0, 1, false)) {
      training.epoch(
          batches,
          round -> {
            driver.add(ProcessIo.now());
            if (round.round() > WARM_UP && round.round() <= WARM_UP + rounds) {
              measured.add(round);
            }
          });
    }
    ProcessIo io = driver.get(WARM_UP + rounds - 1).since(driver.get(WARM_UP - 1));
    measured.sort(Comparator.comparingDouble(RoundSummary::seconds));
    return new ScalingPoint(
        workers,
        rounds,
        measured.get(measured.size() / 2).seconds(),
        measured.get(0).seconds(),
        measured.get(measured.size() - 1).seconds(),
        new RoundBytes(
            most(measured, RoundBytes::state),
            most(measured, RoundBytes::driverIn),
            most(measured, RoundBytes::driverOut),
            most(measured, RoundBytes::nodeIn),
            most(measured, RoundBytes::nodeOut),
            most(measured, RoundBytes::shared)),
        io.read() / rounds,
        io.written() / rounds);
  }

  private static long most(List<RoundSummary> rounds, ToLongFunction<RoundBytes> of) {
    return rounds.stream().map(RoundSummary::bytes).mapToLong(of).max().orElseThrow();
  }

  private static void awaitExecutors(JavaSparkContext context, int workers) {
    long deadline = System.nanoTime() + WAIT_MS * 1_000_000;
    // The driver's own storage is in the list.
    while (context.sc().getExecutorMemoryStatus().size() < workers + 1) {
      if (System.nanoTime() > deadline) {
        throw new RunException(
            "Cannot measure with "
                + workers
                + " workers: only "
                + (context.sc().getExecutorMemoryStatus().size() - 1)
                + " executors came within "
                + WAIT_MS / 1000
                + " s.\n  fix: fewer --workers, or a smaller --executor-memory");
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while executors start", e);
      }
    }
  }

  private static StageDefinition definition(int workers) {
    return new StageDefinition(
        "benchmark of scaling/" + workers,
        "benchmark",
        new DenseNetClassifierSpec(
            SIZE, SIZE, new DenseNetSpec(List.of(5, 5, 5, 5), 16, 32), ToyStudies.CLASSES),
        Map.of(Head.DENSENET_CLASS, 1.0),
        List.of("densenet", "densenet-classifier"),
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, LEARNING_RATE),
        TripletOptions.defaults(),
        List.of("nothing", "blob", "band"),
        1,
        1,
        1);
  }
}
