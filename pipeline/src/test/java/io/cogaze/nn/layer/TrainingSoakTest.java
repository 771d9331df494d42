package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.SaliencyOutput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;

/** A network trained for long, in the memory that training really uses, by two tasks at once. */
class TrainingSoakTest {
  private static final int STEPS = 10_000;
  private static final int COMPARED_EVERY = 1_000;
  private static final int COLLECTED_EVERY = 500;
  private static final int TASKS = 2;
  private static final int BATCH = 2;
  private static final int BATCHES = 8;
  private static final int SIDE = 16;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  private static ComputationGraph graph() {
    GraphAssembler g = new GraphAssembler(3, new Adam(1e-3), Set.of("p"));
    Activation x = g.input(1, SIDE, SIDE);
    x = g.convolution("p.first", Convolution.same(1, 16, 3, true), x);
    Activation before = x;
    x = g.normRelu("p.norm", x);
    x = g.pool("p.pool", Pool.maximum(2), x);
    x = g.convolution("p.second", Convolution.same(16, 16, 3, false), x);
    x = g.dropout("p.drop", 0.2, g.normRelu("p.norm2", x));
    x = g.concat("p.cat", g.upsample("p.up", x), before);
    x = g.convolution("p.last", Convolution.same(32, 1, 1, true), x);
    g.output("map", new SaliencyOutput(1), x);
    ComputationGraph graph = new ComputationGraph(g.configuration());
    graph.init();
    return graph;
  }

  private static MultiDataSet batch(int seed) {
    Random random = new Random(seed);
    double[] pixels = random.doubles((long) BATCH * SIDE * SIDE).toArray();
    double[] target = new double[pixels.length];
    for (int n = 0; n < BATCH; n++) {
      target[n * SIDE * SIDE + random.nextInt(SIDE * SIDE)] = 1;
    }
    return new MultiDataSet(
        HostValues.create(pixels, DataType.FLOAT, BATCH, 1, SIDE, SIDE),
        HostValues.create(target, DataType.FLOAT, BATCH, 1, SIDE, SIDE));
  }

  /** Trains; the parameters' bits after every {@value #COMPARED_EVERY} steps. */
  private static List<Integer> train(boolean collects) {
    NativeLibrary.threads(1);
    ComputationGraph graph = graph();
    List<Integer> bits = new ArrayList<>();
    for (int step = 1; step <= STEPS; step++) {
      graph.fit(batch(step % BATCHES));
      if (collects && step % COLLECTED_EVERY == 0) {
        System.gc();
      }
      if (step % COMPARED_EVERY == 0) {
        float[] parameters = HostValues.floats(graph.params());
        assertThat(parameters).doesNotContain(Float.NaN);
        bits.add(Arrays.hashCode(parameters));
      }
    }
    return bits;
  }

  @Test
  @Tag("long")
  void tenThousandStepsOfTwoTasksUnderGarbageCollectionKeepTheBitsOfOneAlone() throws Exception {
    List<Integer> expected = train(false);
    assertThat(expected).hasSize(STEPS / COMPARED_EVERY).doesNotHaveDuplicates();
    ExecutorService tasks = Executors.newFixedThreadPool(TASKS);
    try {
      List<Future<List<Integer>>> all = new ArrayList<>();
      for (int i = 0; i < TASKS; i++) {
        all.add(tasks.submit(() -> train(true)));
      }
      for (Future<List<Integer>> one : all) {
        assertThat(one.get()).isEqualTo(expected);
      }
    } finally {
      tasks.shutdownNow();
    }
  }
}
