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
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** The cooperative network against PyTorch: tests/golden/cooperative.py made the vectors. */
@Tag("native")
class GoldenVectorsTest {
  private static final CooperativeSpec SPEC =
      new CooperativeSpec(64, 32, 2, new DenseNetSpec(List.of(2, 1, 2, 1), 4, 6), 3, 5, 0);
  private static final Map<Head, Double> LOSS_WEIGHTS =
      Map.of(Head.DENSENET_CLASS, 0.6, Head.SALIENCY, 0.5, Head.FUSED_CLASS, 1.0);

  private static Tensors inputs;
  private static Tensors trained;
  private static Tensors evaluated;

  @BeforeAll
  static void read() throws IOException {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
    inputs = read("cooperative-inputs");
    trained = read("cooperative-train");
    evaluated = read("cooperative-eval");
  }

  private static Tensors read(String name) throws IOException {
    String resource = "/golden/" + name + ".safetensors";
    try (InputStream in = GoldenVectorsTest.class.getResourceAsStream(resource)) {
      return Safetensors.read(in, resource);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void outputsInEvaluationModeAreThoseOfPyTorch(String type) {
    Network network = SPEC.network();
    Built built =
        new Built(
            network.build(BuildRequest.inference(EnumSet.allOf(Head.class))),
            DataType.valueOf(type));
    INDArray[] outputs = built.graph.output(false, array(inputs, "image", built.type));
    for (int i = 0; i < outputs.length; i++) {
      String name = outputName(built.network.outputs().get(i));
      assertClose(name, outputs[i], evaluated.get("output." + name), 1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLOAT", "DOUBLE"})
  void lossAndEveryGradientInTrainingModeAreThoseOfPyTorch(String type) {
    Set<Head> heads = EnumSet.of(Head.DENSENET_CLASS, Head.SALIENCY, Head.FUSED_CLASS);
    Network network = SPEC.network();
    BuildRequest request =
        new BuildRequest(
            heads, network.parts(), 1, new Sgd(1), LOSS_WEIGHTS, TripletOptions.defaults());
    Built built = new Built(network.build(request), DataType.valueOf(type));
    List<INDArray> labels = new ArrayList<>();
    List<INDArray> masks = new ArrayList<>();
    double loss = 0;
    for (Head head : built.network.outputs()) {
      String target = head == Head.SALIENCY ? "target.saliency" : "target.class";
      labels.add(array(inputs, target, built.type));
      masks.add(array(inputs, "mask." + outputName(head), built.type));
      loss += trained.get("loss." + outputName(head)).data()[0];
    }

    built.graph.fit(
        new MultiDataSet(
            new INDArray[] {array(inputs, "image", built.type)},
            labels.toArray(new INDArray[0]),
            null,
            masks.toArray(new INDArray[0])));

    assertThat(built.graph.score()).isCloseTo(loss, within(1e-5));
    Tensors after = TensorStore.read(built.graph, built.network.names());
    double worst = 0;
    for (TensorNames.Tensor tensor : built.network.names().tensors()) {
      if (tensor.role() == TensorNames.Role.STATISTIC) {
        assertThat(relativeError(after.get(tensor.name()), trained.get("after." + tensor.name())))
            .as(tensor.name())
            .isLessThan(1e-5);
      } else {
        double error = relativeError(gradient(built, tensor), trained.get("grad." + tensor.name()));
        worst = Math.max(worst, error);
        assertThat(error).as("gradient of " + tensor.name()).isLessThan(1e-4);
      }
    }
    assertThat(worst).as("some gradient differs from zero").isGreaterThan(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tripletLossesAndGradientsAreThoseOfPyTorch(boolean asPublished) {
    TripletOptions options = asPublished ? TripletOptions.asPublished() : TripletOptions.defaults();
    String prefix = asPublished ? "published." : "pooled.";
    BuildRequest request =
        new BuildRequest(
            EnumSet.of(Head.EMBEDDING), Set.of("densenet"), 1, new Sgd(1), Map.of(), options);
    Built built = new Built(SPEC.network().build(request), DataType.DOUBLE);
    Tensors before = TensorStore.read(built.graph, built.network.names());
    built.graph.fit(
        new MultiDataSet(
            array(inputs, "image", DataType.DOUBLE),
            array(inputs, "target.class", DataType.DOUBLE)));
    double loss = evaluated.get(prefix + "loss").data()[0];
    assertThat(loss).isGreaterThan(0.01);
    assertThat(built.graph.score()).isCloseTo(loss, within(1e-5 * Math.abs(loss)));
    Tensors after = TensorStore.read(built.graph, built.network.names());
    int compared = 0;
    for (TensorNames.Tensor tensor : built.network.names().tensors()) {
      Tensors.Tensor expected = evaluated.values().get(prefix + "grad." + tensor.name());
      if (expected != null) {
        assertThat(relativeError(gradient(built, tensor), expected))
            .as(tensor.name())
            .isLessThan(1e-4);
        compared++;
      } else if (tensor.role() == TensorNames.Role.PARAMETER) {
        assertThat(after.get(tensor.name()).data()).isEqualTo(before.get(tensor.name()).data());
      }
    }
    assertThat(compared).isGreaterThan(40);
  }

  @ParameterizedTest
  @EnumSource(Head.class)
  void oneHeadAloneGivesTheSameOutputAsAllTogether(Head head) {
    Built built =
        new Built(SPEC.network().build(BuildRequest.inference(EnumSet.of(head))), DataType.FLOAT);
    INDArray output = built.graph.outputSingle(array(inputs, "image", DataType.FLOAT));
    assertClose(outputName(head), output, evaluated.get("output." + outputName(head)), 1e-5);
  }

  @Test
  void goldenTensorsAndTheNetworksTensorsHaveTheSameNames() {
    BuiltNetwork built = SPEC.network().build(BuildRequest.inference(EnumSet.allOf(Head.class)));
    List<String> golden =
        inputs.values().keySet().stream()
            .filter(n -> !n.startsWith("target.") && !n.startsWith("mask.") && !n.equals("image"))
            .toList();
    assertThat(built.names().tensors().stream().map(TensorNames.Tensor::name))
        .containsExactlyInAnyOrderElementsOf(golden);
  }

  /** A graph with the golden parameters. */
  private static final class Built {
    private final BuiltNetwork network;
    private final ComputationGraph graph;
    private final DataType type;

    Built(BuiltNetwork network, DataType type) {
      this.network = network;
      this.type = type;
      network.configuration().setDataType(type);
      graph = new ComputationGraph(network.configuration());
      graph.init();
      TensorStore.restore(graph, network.names(), inputs);
    }
  }

  /** The gradient of the last step, which plain gradient descent of rate 1 leaves as it is. */
  private static Tensors.Tensor gradient(Built built, TensorNames.Tensor tensor) {
    INDArray gradient = built.graph.gradient().getGradientFor(tensor.tableKey());
    return new Tensors.Tensor(tensor.dimensions(), HostValues.floats(gradient));
  }

  private static String outputName(Head head) {
    return switch (head) {
      case EMBEDDING -> "embedding";
      case DENSENET_CLASS -> "densenet-class";
      case SALIENCY -> "saliency";
      case FUSED_CLASS -> "fused-class";
    };
  }

  private static INDArray array(Tensors tensors, String name, DataType type) {
    Tensors.Tensor tensor = tensors.get(name);
    INDArray array = Nd4j.create(type, tensor.shape());
    HostValues.write(tensor.data(), array);
    return array;
  }

  private static void assertClose(
      String name, INDArray found, Tensors.Tensor expected, double tolerance) {
    assertThat(found.shape()).as(name).isEqualTo(expected.shape());
    float[] values = HostValues.floats(found);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i])
          .as(name + " at " + i)
          .isCloseTo(expected.data()[i], within(tolerance));
    }
  }

  /**
   * L2 distance over the L2 norm of the expected values, which counts as at least 0.01: the
   * gradient of a bias before batch normalisation is 0 but for rounding.
   */
  private static double relativeError(Tensors.Tensor found, Tensors.Tensor expected) {
    assertThat(Arrays.toString(found.shape())).isEqualTo(Arrays.toString(expected.shape()));
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < expected.data().length; i++) {
      double difference = (double) found.data()[i] - expected.data()[i];
      distance += difference * difference;
      norm += (double) expected.data()[i] * expected.data()[i];
    }
    return Math.sqrt(distance) / Math.max(0.01, Math.sqrt(norm));
  }
}
