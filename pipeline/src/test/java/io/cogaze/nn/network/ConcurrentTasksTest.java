package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.ExampleKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;

/** Tasks of one process that train at the same time, with several native threads each. */
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
    NativeLibrary.threads(threads);
    EnumSet<Head> heads = EnumSet.of(Head.FUSED_CLASS, Head.SALIENCY);
    ComputationGraph graph =
        new ComputationGraph(
            SPEC.network()
                .build(BuildRequest.train(heads, PARTS, 5, new Adam(1e-3)))
                .configuration());
    graph.init();
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
    for (int step = 0; step < STEPS; step++) {
      graph.fit(
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

  private static List<List<Integer>> atOnce(int tasks, int threads) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(tasks);
    try {
      List<Future<List<Integer>>> all = new ArrayList<>();
      for (int task = 0; task < tasks; task++) {
        all.add(pool.submit(() -> train(threads)));
      }
      List<List<Integer>> bits = new ArrayList<>();
      for (Future<List<Integer>> one : all) {
        bits.add(one.get());
      }
      return bits;
    } finally {
      pool.shutdownNow();
    }
  }
}
