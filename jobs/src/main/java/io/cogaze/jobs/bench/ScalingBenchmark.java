package io.cogaze.jobs.bench;

import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.spark.BatchTraining;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.step.StageDefinition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

  private record Round(RoundSummary summary, RoundTraffic traffic, ProcessIo driver) {}

  /**
   * Measures.
   *
   * @param context with as many executors as workers, of one core each
   * @param rounds that count
   */
  public static ScalingPoint measure(JavaSparkContext context, int workers, int rounds) {
    awaitExecutors(context, workers);
    NativeLibrary.prepare();
    TrafficListener listener = new TrafficListener();
    context.sc().addSparkListener(listener);
    List<List<List<Integer>>> one = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      one.add(List.of(List.of(worker)));
    }
    JavaRDD<MultiDataSet> batches = WorkerBatches.of(context, new ToyStudies(1, SIZE), one);
    List<Round> measured = new ArrayList<>();
    try (BatchTraining training = new BatchTraining(context, definition(workers), 0, 1, false)) {
      for (int round = 0; round < WARM_UP + rounds; round++) {
        ProcessIo before = ProcessIo.now();
        RoundSummary summary = training.epoch(batches).get(0);
        ProcessIo driver = ProcessIo.now().since(before);
        RoundTraffic traffic = listener.take(2);
        if (round >= WARM_UP) {
          measured.add(new Round(summary, traffic, driver));
        }
      }
    } finally {
      context.sc().removeSparkListener(listener);
    }
    measured.sort(Comparator.comparingDouble(round -> round.summary().seconds()));
    Round median = measured.get(measured.size() / 2);
    return new ScalingPoint(
        workers,
        rounds,
        median.summary().bytes().state(),
        median.summary().seconds(),
        measured.get(0).summary().seconds(),
        measured.get(measured.size() - 1).summary().seconds(),
        median.traffic(),
        median.driver().read(),
        median.driver().written());
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
