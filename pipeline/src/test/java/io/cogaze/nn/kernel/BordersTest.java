package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.cogaze.nn.layer.AddRelu;
import io.cogaze.nn.layer.BatchNorm;
import io.cogaze.nn.layer.Concat;
import io.cogaze.nn.layer.Convolution;
import io.cogaze.nn.layer.Dropout;
import io.cogaze.nn.layer.DropoutRelu;
import io.cogaze.nn.layer.InferenceGraph;
import io.cogaze.nn.layer.InnerConnections;
import io.cogaze.nn.layer.Linear;
import io.cogaze.nn.layer.NotFiniteException;
import io.cogaze.nn.layer.OwnLayer;
import io.cogaze.nn.layer.Pool;
import io.cogaze.nn.layer.Resize;
import io.cogaze.nn.layer.SpatialLogSoftmax;
import io.cogaze.nn.layer.SqueezeExcite;
import io.cogaze.nn.layer.TransposedConvolution;
import io.cogaze.nn.layer.Upsample;
import io.cogaze.nn.loss.ClassOutput;
import io.cogaze.nn.loss.SaliencyOutput;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** What comes to CoGaze's layers from elsewhere and goes elsewhere, in graphs of every kind. */
@Tag("native")
class BordersTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  static Stream<Named<Kernel>> kernels() {
    return KernelFixtures.kernels();
  }

  private static GraphBuilder builder(DataType type) {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .dataType(type)
        .updater(new Sgd(0.1))
        .graphBuilder()
        .addInputs("in");
  }

  private static ComputationGraph graph(GraphBuilder builder, String... outputs) {
    ComputationGraph graph = new ComputationGraph(builder.setOutputs(outputs).build());
    graph.init();
    return graph;
  }

  /** The layer alone, as the network's output. */
  private static ComputationGraph alone(DataType type, OwnLayer layer) {
    return graph(builder(type).addLayer("layer", layer, "in"), "layer");
  }

  /** Convolution, normalisation, and a map. */
  private static ComputationGraph maps(DataType type) {
    return graph(
        builder(type)
            .addLayer("conv", Convolution.same(1, 16, 3, true), "in")
            .addLayer("norm", BatchNorm.relu(16), "conv")
            .addLayer("last", Convolution.same(16, 1, 1, true), "norm")
            .addLayer("map", new SaliencyOutput(1), "last"),
        "map");
  }

  private static INDArray uniformMap(DataType type, int examples) {
    return Nd4j.valueArrayOf(new long[] {examples, 1, 8, 8}, 1.0 / 64, type);
  }

  static Stream<Arguments> layers() {
    return Stream.of(
        arguments("convolution", Convolution.same(6, 2, 3, true), true),
        arguments("transposed", TransposedConvolution.doubling(6, 2, true), true),
        arguments("norm", BatchNorm.relu(6), true),
        arguments("maximum", Pool.maximum(2), true),
        arguments("global maximum", Pool.globalMaximum(), true),
        arguments("global average", Pool.globalAverage(), true),
        arguments("average", Pool.average(2), true),
        arguments("upsample", new Upsample(), true),
        arguments("resize", new Resize(5, 13, false), true),
        arguments("spatial log-softmax", new SpatialLogSoftmax(), true),
        arguments("squeeze and excite", new SqueezeExcite(6, 2), true),
        arguments("dropout", new Dropout(0.5), true),
        arguments("dropout and relu", new DropoutRelu(0.5), false),
        arguments("linear", new Linear(6, 2), false),
        arguments("classes", new ClassOutput(1), false),
        arguments("map", new SaliencyOutput(1), true));
  }

  private static INDArray input(DataType type, boolean maps) {
    return maps ? random(1, type, 2, 6, 8, 8) : random(1, type, 2, 6);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void nanAndInfinityAreRefusedWithTheirPlace(String name, OwnLayer layer, boolean maps) {
    for (Named<Kernel> kernel : kernels().toList()) {
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        INDArray x = input(DataType.FLOAT, maps);
        long[] at = maps ? new long[] {1, 4, 2, 7} : new long[] {1, 4};
        x.putScalar(at, bad);
        ComputationGraph graph = alone(DataType.FLOAT, layer);
        assertThatThrownBy(() -> Kernels.with(kernel.getPayload(), () -> graph.output(x)))
            .isInstanceOf(NotFiniteException.class)
            .hasMessageStartingWith(
                "Layer layer takes finite numbers, its input holds %s at %s: the images hold it",
                bad, Arrays.toString(at));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void anotherTypeThanTheNetworksIsRefused(String name, OwnLayer layer, boolean maps) {
    for (DataType type : List.of(DataType.DOUBLE, DataType.FLOAT16, DataType.INT32)) {
      ComputationGraph floats = alone(DataType.FLOAT, layer);
      INDArray x = input(DataType.FLOAT, maps).castTo(type);
      assertThatThrownBy(() -> floats.output(x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "Layer layer takes FLOAT, the type of its network, its input is %s", type);
    }
    ComputationGraph doubles = alone(DataType.DOUBLE, layer);
    assertThatThrownBy(() -> doubles.output(input(DataType.FLOAT, maps)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Layer layer takes DOUBLE, the type of its network, its input is FLOAT");
    assertThatThrownBy(() -> alone(DataType.FLOAT16, layer))
        .hasMessageStartingWith(
            "Layer layer computes in FLOAT or DOUBLE, the type of its network is HALF");
  }

  static Stream<Arguments> layersOfAWidth() {
    return layers()
        .map(Arguments::get)
        .filter(
            values ->
                Set.of("convolution", "transposed", "norm", "squeeze and excite", "linear")
                    .contains(values[0]))
        .map(values -> arguments(values));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layersOfAWidth")
  void anotherNumberOfChannelsIsRefusedWithBothNumbers(String name, OwnLayer layer, boolean maps) {
    ComputationGraph graph = alone(DataType.FLOAT, layer);
    for (int channels : new int[] {1, 5, 7, 16}) {
      long[] shape = maps ? new long[] {2, channels, 8, 8} : new long[] {2, channels};
      assertThatThrownBy(() -> graph.output(random(1, DataType.FLOAT, shape)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Layer layer takes ")
          .hasMessageContaining("6")
          .hasMessageContaining(Integer.toString(channels));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void otherShapesAreRefusedWithTheLayersName(String name, OwnLayer layer, boolean maps) {
    ComputationGraph graph = alone(DataType.FLOAT, layer);
    for (long[] shape : new long[][] {{2, 6, 8}, {2, 6, 8, 8, 16}, {1, 2, 8, 8, 16, 1}}) {
      assertThatThrownBy(() -> graph.output(random(1, DataType.FLOAT, shape)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Layer layer takes [N,C")
          .hasMessageEndingWith(", its input has shape %s", Arrays.toString(shape));
    }
    if (!(layer instanceof Dropout)) {
      assertThatThrownBy(() -> graph.output(input(DataType.FLOAT, !maps)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              maps
                  ? "Layer layer takes [N,C,H,W], its input has shape [2, 6]"
                  : "Layer layer takes [N,C], its input has shape [2, 6, 8, 8]");
    }
  }

  @Test
  void aSizeOfZeroIsNamed() {
    ComputationGraph graph = maps(DataType.FLOAT);
    assertThatThrownBy(() -> graph.output(Nd4j.create(DataType.FLOAT, 0, 1, 8, 8)))
        .hasMessage("Layer conv takes [N,C,H,W], a size of its input is 0: [0, 1, 8, 8]");
  }

  @Test
  void largeFiniteNumbersAreTaken() {
    ComputationGraph graph = alone(DataType.FLOAT, Pool.maximum(2));
    INDArray x = Nd4j.valueArrayOf(new long[] {2, 6, 8, 8}, 2e38, DataType.FLOAT);
    assertThat(graph.outputSingle(x).maxNumber().floatValue()).isEqualTo(2e38f);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void anInferenceGraphRefusesABadImage(Kernel kernel) {
    for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
      INDArray image = random(1, DataType.FLOAT, 2, 1, 8, 8);
      image.putScalar(77, bad);
      ComputationGraph folded = InferenceGraph.of(maps(DataType.FLOAT));
      assertThatThrownBy(() -> Kernels.with(kernel, () -> folded.output(image)))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("Layer norm takes finite numbers, its input holds " + bad);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "norm_gamma, NaN, Tensor norm.weight cannot be used for inference: its value 5 is NaN",
    "conv_W, Infinity, Tensor conv.weight cannot be used for inference: its value 5 is Infinity",
    "last_W, NaN, Tensor last.weight cannot be used for inference: its value 5 is NaN",
    "norm_var, -3, Tensor norm.running_var cannot be folded into a convolution: it holds -3.0"
  })
  void anInferenceGraphIsNotMadeOfBadParameters(String key, double bad, String message) {
    ComputationGraph trained = maps(DataType.FLOAT);
    trained.paramTable().get(key).putScalar(5, bad);
    assertThatThrownBy(() -> InferenceGraph.of(trained))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void anInferenceGraphNeedsParameters() {
    ComputationGraph uninitialised = new ComputationGraph(maps(DataType.FLOAT).getConfiguration());
    assertThatThrownBy(() -> InferenceGraph.of(uninitialised))
        .hasMessageContaining("was not initialised");
    ComputationGraph closed = maps(DataType.FLOAT);
    closed.close();
    assertThatThrownBy(() -> InferenceGraph.of(closed))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("A graph that was closed has no parameters for inference");
  }

  @Test
  void verticesRefuseWhatTheirInputsDoNotTake() {
    GraphBuilder two = builder(DataType.FLOAT).addInputs("more");
    ComputationGraph sum = graph(two.addVertex("sum", new AddRelu(), "in", "more"), "sum");
    INDArray x = random(1, DataType.FLOAT, 2, 6, 8, 8);
    assertThatThrownBy(() -> sum.output(x, x.castTo(DataType.DOUBLE)))
        .hasMessageStartingWith(
            "Vertex sum takes FLOAT, the type of its network, its input 1 is DOUBLE");
    INDArray cube = random(1, DataType.FLOAT, 2, 6, 8);
    assertThatThrownBy(() -> sum.output(cube, cube))
        .hasMessage("Vertex sum takes [N,C,H,W] or [N,C], its input 0 has shape [2, 6, 8]");
    INDArray bad = x.dup().putScalar(9, Double.NaN);
    assertThatThrownBy(() -> sum.output(x, bad))
        .hasMessageStartingWith(
            "Vertex sum takes finite numbers, its input 1 holds NaN at [0, 0, 1, 1]");
    INDArray vectors = random(1, DataType.FLOAT, 2, 6);
    assertThat(sum.outputSingle(vectors, vectors).shape()).containsExactly(2, 6);
    ComputationGraph joined =
        graph(
            builder(DataType.FLOAT).addInputs("more").addVertex("join", new Concat(), "in", "more"),
            "join");
    assertThatThrownBy(() -> joined.output(cube, cube))
        .hasMessageContaining("Vertex join takes [N,C,H,W] or [N,C]");
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void layersOfDeeplearning4jTakeWhatOwnLayersGive(Kernel kernel) {
    ComputationGraph graph =
        graph(
            builder(DataType.FLOAT)
                .addLayer("conv", Convolution.same(1, 16, 3, true), "in")
                .addLayer("other", Convolution.same(1, 32, 3, true), "in")
                .addVertex("merge", new MergeVertex(), "conv", "other")
                .addLayer(
                    "stock", new ConvolutionLayer.Builder(1, 1).nIn(48).nOut(16).build(), "merge")
                .addVertex("sum", new AddRelu(), "stock", "conv")
                .addLayer("last", Convolution.same(16, 1, 1, true), "sum")
                .addLayer("map", new SaliencyOutput(1), "last"),
            "map",
            "conv");
    InnerConnections.mark(graph.getConfiguration());
    graph = new ComputationGraph(graph.getConfiguration());
    graph.init();
    ComputationGraph made = graph;
    INDArray x = random(1, DataType.FLOAT, 2, 1, 8, 8);
    INDArray[] expected = Kernels.with(KernelFixtures.REFERENCE, () -> made.output(x));
    INDArray[] found = Kernels.with(kernel, () -> made.output(x));
    assertThat(found[1].shape()).containsExactly(2, 16, 8, 8);
    assertThat(found[1].ordering()).isEqualTo('c');
    for (int i = 0; i < found.length; i++) {
      KernelFixtures.assertClose(found[i], expected[i], 1e-5);
    }
    Map<String, INDArray> all = Kernels.with(kernel, () -> made.feedForward(x, false));
    assertThat(all.get("merge").shape()).containsExactly(2, 48, 8, 8);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void marksChangeNoOutputAndAreSaved(Kernel kernel) {
    ComputationGraph plain = maps(DataType.FLOAT);
    ComputationGraph marked =
        new ComputationGraph(
            InnerConnections.mark(maps(DataType.FLOAT).getConfiguration().clone()));
    marked.init(plain.params(), true);
    assertThat(marked.getConfiguration()).isNotEqualTo(plain.getConfiguration());
    assertThat(ComputationGraphConfiguration.fromJson(marked.getConfiguration().toJson()))
        .isEqualTo(marked.getConfiguration());
    INDArray x = random(1, DataType.FLOAT, 2, 1, 8, 8);
    MultiDataSet batch =
        new MultiDataSet(new INDArray[] {x}, new INDArray[] {uniformMap(DataType.FLOAT, 2)});
    for (ComputationGraph graph : List.of(plain, marked)) {
      Kernels.with(
          kernel,
          () -> {
            graph.fit(batch);
            return null;
          });
    }
    KernelFixtures.assertClose(marked.params(), plain.params(), 1e-6);
    KernelFixtures.assertClose(
        Kernels.with(kernel, () -> marked.outputSingle(x)),
        Kernels.with(kernel, () -> plain.outputSingle(x)),
        1e-6);
  }

  @Test
  void anInferenceGraphKeepsPreprocessors() {
    ComputationGraph trained =
        graph(
            builder(DataType.FLOAT)
                .addLayer("conv", Convolution.same(1, 16, 3, true), "in")
                .addLayer("norm", BatchNorm.relu(16), "conv")
                .addLayer(
                    "dense",
                    new DenseLayer.Builder().nIn(16 * 64).nOut(3).build(),
                    new CnnToFeedForwardPreProcessor(8, 8, 16),
                    "norm")
                .addLayer("class", new ClassOutput(1), "dense"),
            "class");
    INDArray x = random(1, DataType.FLOAT, 2, 1, 8, 8);
    KernelFixtures.assertClose(
        InferenceGraph.of(trained).outputSingle(x), trained.outputSingle(x), 1e-4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void badLabelsAreRefusedBeforeParametersMove(boolean ofMap) {
    ComputationGraph graph =
        ofMap
            ? maps(DataType.FLOAT)
            : graph(
                builder(DataType.FLOAT)
                    .addLayer("fc", new Linear(6, 3), "in")
                    .addLayer("class", new ClassOutput(1), "fc"),
                "class");
    String output = ofMap ? "map" : "class";
    INDArray x = ofMap ? random(1, DataType.FLOAT, 2, 1, 8, 8) : input(DataType.FLOAT, false);
    float[] before = HostValues.floats(graph.params());
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -0.5, 13}) {
      INDArray labels =
          ofMap
              ? uniformMap(DataType.FLOAT, 2)
              : Nd4j.createFromArray(new float[][] {{1, 0, 0}, {0, 0, 1}});
      labels.putScalar(ofMap ? 70 : 3, bad);
      MultiDataSet batch = new MultiDataSet(new INDArray[] {x}, new INDArray[] {labels});
      assertThatThrownBy(() -> graph.fit(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Output " + output + " wants labels that ")
          .hasMessageContaining(
              "example 1 of the minibatch " + (bad == 13 ? "sums to 1" : "holds "));
      assertThat(HostValues.floats(graph.params())).isEqualTo(before);
    }
  }

  @Test
  void aClosedGraphSaysSo() {
    ComputationGraph graph = maps(DataType.FLOAT);
    graph.close();
    assertThatThrownBy(() -> graph.output(random(1, DataType.FLOAT, 2, 1, 8, 8)))
        .hasMessage(
            "Layer conv has no parameters any more: its graph was closed, build and load it again");
  }

  @Test
  void otherTypesAreNotWrittenTo() {
    assertThatThrownBy(() -> HostValues.write(new double[2], Nd4j.create(DataType.FLOAT16, 2)))
        .hasMessage("Cannot write to an array of HALF: FLOAT or DOUBLE is expected");
  }
}
