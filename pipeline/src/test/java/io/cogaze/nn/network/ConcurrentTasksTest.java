package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Tasks of one process that train at the same time, with several native threads each. With
 * Deeplearning4j 1.0.0-M1.1 they take turns, batch by batch.
 */
class ConcurrentTasksTest {
  private static final int STEPS = 6;
  private static final int TASKS = 3;
  private static final int BATCH = 8;
  private static final int SIDE = 64;
  private static final int CLASSES = 3;

  /** Its hidden layer is wide enough that matrix products are shared between threads. */
  private static final CooperativeSpec SPEC =
      new CooperativeSpec(
          SIDE, SIDE, 16, new DenseNetSpec(List.of(2, 2, 2, 2), 16, 32), CLASSES, 512, 0.25);

  private static final Set<String> PARTS =
      Set.of("densenet", "encoder", "decoder", "saliency-head", "fused-classifier");

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  /** Trains; the parameters' bits after every step. */
  private static List<Integer> train(int threads) {
    return train(threads, STEPS);
  }

  private static List<Integer> train(int threads, int steps, TrainingListener... listeners) {
    NativeLibrary.threads(threads);
    EnumSet<Head> heads = EnumSet.of(Head.FUSED_CLASS, Head.SALIENCY);
    ComputationGraph graph =
        new ComputationGraph(
            SPEC.network()
                .build(BuildRequest.train(heads, PARTS, 5, new Adam(1e-3)))
                .configuration());
    Turns.ready(
        () -> {
          graph.init();
          return graph;
        });
    graph.setListeners(listeners);
    ExampleKeys.assign(graph, new long[] {1, 2, 3, 4, 5, 6, 7, 8});
    Random random = new Random(1);
    INDArray image =
        HostValues.create(
            random.doubles((long) BATCH * SIDE * SIDE).toArray(),
            DataType.FLOAT,
            BATCH,
            1,
            SIDE,
            SIDE);
    double[] classes = new double[BATCH * CLASSES];
    double[] map = new double[BATCH * SIDE * SIDE];
    for (int n = 0; n < BATCH; n++) {
      classes[n * CLASSES + n % CLASSES] = 1;
      map[n * SIDE * SIDE + random.nextInt(SIDE * SIDE)] = 1;
    }
    INDArray labels = HostValues.create(classes, DataType.FLOAT, BATCH, CLASSES);
    INDArray maps = HostValues.create(map, DataType.FLOAT, BATCH, 1, SIDE, SIDE);
    List<INDArray> ordered = new ArrayList<>();
    for (String output : graph.getConfiguration().getNetworkOutputs()) {
      ordered.add(output.contains("saliency") ? maps : labels);
    }
    List<Integer> bits = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      Turns.fit(
          graph,
          new MultiDataSet(new INDArray[] {image}, ordered.toArray(INDArray[]::new), null, null));
      bits.add(Arrays.hashCode(HostValues.floats(graph.params())));
    }
    return bits;
  }

  @ParameterizedTest(name = "{0} native threads")
  @ValueSource(ints = {1, 2, 3})
  void theyComputeTheBitsOfOneThatIsAlone(int threads) throws Exception {
    List<Integer> alone = atOnce(1, threads).get(0);

    assertThat(alone).hasSize(STEPS).doesNotHaveDuplicates();
    assertThat(atOnce(TASKS, threads)).hasSize(TASKS).containsOnly(alone);
  }

  /** Operations that were made for another number would be used again. */
  @Test
  void aThreadThatComputedWithOtherNativeThreadsBeforeGivesTheBitsOfOneThatDidNot()
      throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      List<Integer> one = thread.submit(() -> train(1)).get();
      List<Integer> two = thread.submit(() -> train(2)).get();

      assertThat(two).isEqualTo(atOnce(1, 2).get(0)).isNotEqualTo(one);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void moreThanOneIsInAStepOnlyWhereTheReleaseStandsIt() throws Exception {
    int expected = Turns.areOneAtATime() ? 1 : TASKS;
    InStep inStep = new InStep(expected);

    atOnce(TASKS, () -> train(1, 2, inStep));

    assertThat(inStep.mostTasks).hasValue(expected);
  }

  /** Counts the tasks that are between a step's forward pass and its end. */
  private static final class InStep extends BaseTrainingListener {
    private final AtomicInteger tasks = new AtomicInteger();
    private final AtomicInteger mostTasks = new AtomicInteger();
    private final CyclicBarrier meeting;

    /**
     * @param expected tasks that wait for each other in every step
     */
    InStep(int expected) {
      meeting = new CyclicBarrier(expected);
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
      mostTasks.accumulateAndGet(tasks.incrementAndGet(), Math::max);
      try {
        meeting.await(1, TimeUnit.MINUTES);
      } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
        throw new IllegalStateException("the other tasks did not come into the step", e);
      }
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
      tasks.decrementAndGet();
    }
  }

  private static List<List<Integer>> atOnce(int tasks, int threads) throws Exception {
    return atOnce(tasks, () -> train(threads));
  }

  private static <T> List<T> atOnce(int tasks, Callable<T> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(tasks);
    try {
      List<Future<T>> all = new ArrayList<>();
      for (int task = 0; task < tasks; task++) {
        all.add(pool.submit(work));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> one : all) {
        results.add(one.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }
}
