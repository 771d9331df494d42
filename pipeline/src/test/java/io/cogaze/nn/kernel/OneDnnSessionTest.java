package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.BuildRequest;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.Network;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** That operations are made once for each shape: making them is what a first step pays for. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
@Tag("native")
class OneDnnSessionTest {
  private static final int SIZE = 64;
  private static final int CLASSES = 3;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  /** Counts in a thread of its own, which has made nothing yet. */
  private static List<Integer> madeAfterEachStep(int stem, List<ComputationGraph> graphs) {
    // The same arrays each time: one that happens to begin off a cache line is copied, which is an
    // operation more.
    MultiDataSet batch = batch();
    return CompletableFuture.supplyAsync(
            () ->
                graphs.stream()
                    .map(
                        graph -> {
                          // Deeplearning4j 1.0.0-M1.1 would choose the reference kernel.
                          Kernels.with(
                              KernelFixtures.ONEDNN,
                              () -> {
                                graph.fit(batch);
                                return null;
                              });
                          return OneDnnSession.get().made();
                        })
                    .toList(),
            task -> new Thread(task, "stem " + stem).start())
        .join();
  }

  private static MultiDataSet batch() {
    INDArray image = KernelFixtures.random(1, DataType.FLOAT, 2, 1, SIZE, SIZE);
    INDArray labels = Nd4j.create(DataType.FLOAT, 2, CLASSES);
    labels.putScalar(0, 0, 1).putScalar(1, 1, 1);
    return new MultiDataSet(new INDArray[] {image}, new INDArray[] {labels});
  }

  private static ComputationGraph densenet(int stem, int seed) {
    Network network =
        new DenseNetClassifierSpec(
                SIZE, SIZE, new DenseNetSpec(List.of(2, 2, 2, 2), 16, stem), CLASSES)
            .network();
    BuiltNetwork built =
        network.build(
            new BuildRequest(
                EnumSet.of(Head.DENSENET_CLASS),
                network.parts(),
                seed,
                new Sgd(0.01),
                Map.of(Head.DENSENET_CLASS, 1.0),
                TripletOptions.defaults()));
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    return graph;
  }

  @Test
  void onlyTheFirstStepOfAShapeMakesOperations() {
    ComputationGraph graph = densenet(32, 1);

    List<Integer> made = madeAfterEachStep(32, List.of(graph, graph, graph));

    assertThat(made.get(0)).isGreaterThan(50);
    assertThat(made.subList(1, 3)).containsOnly(made.get(0));
  }

  @Test
  void anotherNetworkOfTheSameShapesMakesNone() {
    List<Integer> made = madeAfterEachStep(32, List.of(densenet(32, 1), densenet(32, 2)));

    assertThat(made.get(1)).isEqualTo(made.get(0));
  }

  @Test
  void anotherShapeMakesItsOwn() {
    List<Integer> made = madeAfterEachStep(64, List.of(densenet(32, 1), densenet(64, 1)));

    assertThat(made.get(1)).isGreaterThan(made.get(0));
  }
}
