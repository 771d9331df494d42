package io.cogaze.nn.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.InferenceGraph;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A whole network whose widths are multiples of 16, so that every fast layout is used, in float32
 * against the reference in float64.
 */
@Tag("native")
class EngineAgreementTest {
  private static final CooperativeSpec SPEC =
      new CooperativeSpec(160, 128, 16, new DenseNetSpec(List.of(2, 3, 2, 2), 16, 32), 3, 16, 0.5);

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static ComputationGraph graph(BuiltNetwork built, DataType type) {
    built.configuration().setDataType(type);
    ComputationGraph graph = new ComputationGraph(built.configuration());
    graph.init();
    return graph;
  }

  private static BuiltNetwork training() {
    Set<Head> heads = EnumSet.of(Head.DENSENET_CLASS, Head.SALIENCY);
    Set<String> parts =
        Set.of("densenet", "densenet-classifier", "encoder", "decoder", "saliency-head");
    return SPEC.network()
        .build(new BuildRequest(heads, parts, 5, new Sgd(1), Map.of(), TripletOptions.defaults()));
  }

  private static INDArray random(long seed, DataType type, long... shape) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(type, shape);
    float[] values = new float[(int) array.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    HostValues.write(values, array);
    return array;
  }

  private static MultiDataSet batch(DataType type, int examples) {
    INDArray gaze = random(2, type, examples, 1, 160, 128);
    for (int n = 0; n < examples; n++) {
      INDArray map = gaze.slice(n);
      map.divi(map.sumNumber());
    }
    INDArray classes = Nd4j.zeros(type, examples, 3);
    for (int n = 0; n < examples; n++) {
      classes.putScalar(n, n % 3, 1);
    }
    return new MultiDataSet(
        new INDArray[] {random(1, type, examples, 1, 160, 128)}, new INDArray[] {classes, gaze});
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aTrainingStepIsThatOfFloat64(int examples) {
    agrees(examples);
  }

  @Tag("cluster")
  @Test
  void aTrainingStepOfFourExamplesIsThatOfFloat64() {
    agrees(4);
  }

  private static void agrees(int examples) {
    BuiltNetwork narrow = training();
    ComputationGraph floats = graph(narrow, DataType.FLOAT);
    ComputationGraph doubles = graph(training(), DataType.DOUBLE);
    Tensors start = TensorStore.read(floats, narrow.names());
    TensorStore.restore(doubles, narrow.names(), start);
    floats.fit(batch(DataType.FLOAT, examples));
    doubles.fit(batch(DataType.DOUBLE, examples));
    assertThat(floats.score()).isCloseTo(doubles.score(), within(1e-5 * doubles.score()));
    for (TensorNames.Tensor tensor : narrow.names().tensors()) {
      if (!tensor.trainable()) {
        continue;
      }
      double[] found = HostValues.doubles(floats.gradient().getGradientFor(tensor.tableKey()));
      double[] expected = HostValues.doubles(doubles.gradient().getGradientFor(tensor.tableKey()));
      double distance = 0;
      double norm = 0;
      for (int i = 0; i < found.length; i++) {
        distance += (found[i] - expected[i]) * (found[i] - expected[i]);
        norm += expected[i] * expected[i];
      }
      // A bias before batch normalisation has no gradient but for rounding; and rounding turns some
      // ReLUs and maxima over, which the first layers' gradients show: those of the reference in
      // float32 are as far off. What this is to find, a layout taken for another, is as large as
      // the
      // gradient itself.
      assertThat(Math.sqrt(distance))
          .as(tensor.toString())
          .isLessThan(3e-2 * Math.max(0.1, Math.sqrt(norm)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theInferenceGraphGivesTheSameOutputs(int examples) {
    BuiltNetwork built = training();
    ComputationGraph trained = graph(built, DataType.FLOAT);
    for (int i = 0; i < 3; i++) {
      trained.fit(batch(DataType.FLOAT, 2));
    }
    INDArray image = random(9, DataType.FLOAT, examples, 1, 160, 128);
    INDArray[] expected = trained.output(image);
    ComputationGraph folded = InferenceGraph.of(trained);
    assertThat(folded.getNumLayers()).isLessThan(trained.getNumLayers() - 20);
    INDArray[] found = folded.output(image);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i].shape()).isEqualTo(expected[i].shape());
      assertThat(found[i].distance2(expected[i]))
          .isLessThan(1e-4 * expected[i].norm2Number().doubleValue());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void frozenNetworksFoldToo(boolean doubles) {
    DataType type = doubles ? DataType.DOUBLE : DataType.FLOAT;
    BuiltNetwork built = SPEC.network().build(BuildRequest.inference(EnumSet.allOf(Head.class)));
    ComputationGraph frozen = graph(built, type);
    INDArray image = random(9, type, 2, 1, 160, 128);
    INDArray[] expected = frozen.output(image);
    INDArray[] found = InferenceGraph.of(frozen).output(image);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i].distance2(expected[i]))
          .isLessThan((doubles ? 1e-9 : 1e-4) * expected[i].norm2Number().doubleValue());
    }
  }

  static Stream<NetworkSpec> others() {
    return Stream.of(
        new DenseNetClassifierSpec(64, 64, new DenseNetSpec(List.of(2, 3, 2, 2), 16, 32), 3),
        new MtUnetSpec(64, 64, 16, 3, 16, 0.5));
  }

  @ParameterizedTest
  @MethodSource("others")
  void theInferenceGraphsOfTheOtherNetworksGiveTheSameOutputs(NetworkSpec spec) {
    Network network = spec.network();
    BuiltNetwork built =
        network.build(
            new BuildRequest(
                network.heads(),
                network.parts(),
                5,
                new Sgd(0.01),
                Map.of(),
                TripletOptions.defaults()));
    ComputationGraph trained = graph(built, DataType.FLOAT);
    INDArray image = random(9, DataType.FLOAT, 2, 1, 64, 64);
    // Training passes move the running statistics away from 0 and 1.
    for (int i = 0; i < 3; i++) {
      INDArray[] outputs = trained.output(image);
      INDArray[] labels = new INDArray[outputs.length];
      for (int head = 0; head < labels.length; head++) {
        labels[head] = labels(built.outputs().get(head), outputs[head]);
      }
      trained.fit(new MultiDataSet(new INDArray[] {image}, labels));
    }
    INDArray[] expected = trained.output(image);
    ComputationGraph folded = InferenceGraph.of(trained);
    assertThat(folded.getNumLayers()).isLessThan(trained.getNumLayers());
    INDArray[] found = folded.output(image);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i].distance2(expected[i]))
          .isLessThan(1e-4 * expected[i].norm2Number().doubleValue());
    }
  }

  private static INDArray labels(Head head, INDArray output) {
    if (head == Head.SALIENCY) {
      return Nd4j.valueArrayOf(output.shape(), 1.0 / (64 * 64), DataType.FLOAT);
    }
    INDArray classes = Nd4j.zeros(DataType.FLOAT, output.size(0), 3);
    for (int n = 0; n < output.size(0); n++) {
      classes.putScalar(n, n % 3, 1);
    }
    return classes;
  }
}
