package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.weights.Safetensors;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** The DenseNet classifier and MT-UNet against PyTorch: tests/golden/step.py made the vectors. */
@Tag("native")
class GoldenStepTest {
  private static final Map<Head, Double> LOSS_WEIGHTS =
      Map.of(Head.DENSENET_CLASS, 0.6, Head.SALIENCY, 0.5, Head.FUSED_CLASS, 1.0);

  /** A gradient below this share of the whole gradient's norm, in float64, is 0 in theory. */
  private static final double NOTHING = 1e-6;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  static Stream<Arguments> networks() {
    NetworkSpec densenet =
        new DenseNetClassifierSpec(64, 32, new DenseNetSpec(List.of(2, 1, 2, 1), 4, 6), 3);
    NetworkSpec mtUnet = new MtUnetSpec(32, 48, 2, 3, 5, 0);
    return Stream.of(densenet, mtUnet)
        .flatMap(
            spec ->
                Stream.of(DataType.FLOAT, DataType.DOUBLE)
                    .map(type -> Arguments.of(spec.kind(), spec, type)));
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("networks")
  void outputsInEvaluationModeAreThoseOfPyTorch(String kind, NetworkSpec spec, DataType type)
      throws IOException {
    Tensors inputs = read(kind + "-inputs");
    Tensors expected = read(kind + "-eval");
    Network network = spec.network();
    BuiltNetwork built = network.build(BuildRequest.inference(network.heads()));
    INDArray[] outputs = graph(built, inputs, type).output(false, array(inputs, "image", type));
    assertThat(outputs).hasSize(expected.values().size());
    for (int i = 0; i < outputs.length; i++) {
      String name = "output." + name(built.outputs().get(i));
      assertThat(outputs[i].shape()).as(name).isEqualTo(expected.get(name).shape());
      assertThat(distance(HostValues.floats(outputs[i]), expected.get(name).data()))
          .as(name)
          .isLessThan(1e-5 * norm(expected.get(name).data()));
    }
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("networks")
  void lossEveryGradientAndRunningStatisticsAreThoseOfPyTorch(
      String kind, NetworkSpec spec, DataType type) throws IOException {
    Tensors inputs = read(kind + "-inputs");
    Tensors expected = read(kind + "-train");
    Network network = spec.network();
    Set<Head> heads = EnumSet.copyOf(network.heads());
    heads.remove(Head.EMBEDDING);
    BuiltNetwork built =
        network.build(
            new BuildRequest(
                heads, network.parts(), 1, new Sgd(1), LOSS_WEIGHTS, TripletOptions.defaults()));
    ComputationGraph graph = graph(built, inputs, type);
    List<INDArray> labels = new ArrayList<>();
    double loss = 0;
    for (Head head : built.outputs()) {
      String target = head == Head.SALIENCY ? "target.saliency" : "target.class";
      labels.add(array(inputs, target, type));
      loss += expected.get("loss." + name(head)).data()[0];
    }

    graph.fit(
        new MultiDataSet(
            new INDArray[] {array(inputs, "image", type)}, labels.toArray(new INDArray[0])));

    assertThat(graph.score()).isCloseTo(loss, within(1e-5 * loss));
    Tensors after = TensorStore.read(graph, built.names());
    double whole = 0;
    for (TensorNames.Tensor tensor : built.names().tensors()) {
      if (tensor.role() == TensorNames.Role.PARAMETER) {
        whole = Math.hypot(whole, norm(expected.get("grad." + tensor.name()).data()));
      }
    }
    int compared = 0;
    for (TensorNames.Tensor tensor : built.names().tensors()) {
      if (tensor.role() == TensorNames.Role.STATISTIC) {
        float[] wanted = expected.get("after." + tensor.name()).data();
        assertThat(distance(after.get(tensor.name()).data(), wanted))
            .as(tensor.name())
            .isLessThan(1e-6 * norm(wanted));
      } else {
        // Plain gradient descent of rate 1 leaves the gradient as it is.
        float[] found = HostValues.floats(graph.gradient().getGradientFor(tensor.tableKey()));
        float[] wanted = expected.get("grad." + tensor.name()).data();
        double norm = norm(wanted);
        assertThat(distance(found, wanted))
            .as("gradient of " + tensor.name())
            .isLessThan(norm > NOTHING * whole ? 1e-3 * norm : NOTHING * whole);
        compared += norm > NOTHING * whole ? 1 : 0;
      }
    }
    assertThat(compared).as("gradients that differ from zero").isGreaterThan(30);
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("networks")
  void theNetworkHasPyTorchsTensors(String kind, NetworkSpec spec, DataType type)
      throws IOException {
    Network network = spec.network();
    BuiltNetwork built = network.build(BuildRequest.inference(network.heads()));
    assertThat(built.names().tensors().stream().map(TensorNames.Tensor::name))
        .containsExactlyInAnyOrderElementsOf(
            read(kind + "-inputs").values().keySet().stream()
                .filter(name -> !name.startsWith("target.") && !name.equals("image"))
                .toList());
    assertThat(graph(built, read(kind + "-inputs"), type).params().dataType()).isEqualTo(type);
  }

  private static ComputationGraph graph(BuiltNetwork built, Tensors parameters, DataType type) {
    built.configuration().setDataType(type);
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    TensorStore.restore(graph, built.names(), parameters);
    return graph;
  }

  private static String name(Head head) {
    return head.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Tensors read(String name) throws IOException {
    String resource = "/golden/" + name + ".safetensors";
    try (InputStream in = GoldenStepTest.class.getResourceAsStream(resource)) {
      return Safetensors.read(in, resource);
    }
  }

  private static INDArray array(Tensors tensors, String name, DataType type) {
    INDArray array = Nd4j.create(type, tensors.get(name).shape());
    HostValues.write(tensors.get(name).data(), array);
    return array;
  }

  private static double norm(float[] values) {
    return distance(values, new float[values.length]);
  }

  private static double distance(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = (double) found[i] - expected[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }
}
