package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Layout;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.weights.Safetensors;
import io.cogaze.weights.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Layers alone against PyTorch, for inputs in every layout and of both types:
 * tests/golden/layers.py made the vectors.
 */
@Tag("native")
class LayerGoldenTest {
  private static final LayerWorkspaceMgr WORKSPACES = LayerWorkspaceMgr.noWorkspaces();

  private static Tensors golden;

  @BeforeAll
  static void read() throws IOException {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
    String resource = "/golden/layers.safetensors";
    try (InputStream in = LayerGoldenTest.class.getResourceAsStream(resource)) {
      golden = Safetensors.read(in, resource);
    }
  }

  private static ConvolutionShape window(Extent kernel, Extent stride, Extent pad, Extent dilate) {
    return new ConvolutionShape(kernel, stride, pad, dilate);
  }

  private static Extent extent(int height, int width) {
    return new Extent(height, width);
  }

  private static Map<String, OwnLayer> layers() {
    Extent one = Extent.of(1);
    Map<String, OwnLayer> layers = new LinkedHashMap<>();
    layers.put(
        "convolution-dilated",
        new Convolution(16, 5, window(Extent.of(3), one, Extent.of(2), Extent.of(2)), true));
    layers.put(
        "convolution-rectangular",
        new Convolution(16, 16, window(extent(3, 1), extent(2, 1), extent(1, 0), one), false));
    layers.put(
        "convolution-uneven",
        new Convolution(
            16, 4, window(extent(2, 5), extent(2, 3), extent(0, 2), extent(3, 1)), true));
    layers.put("transposed-doubling", TransposedConvolution.doubling(16, 16, true));
    layers.put(
        "transposed-plain",
        new TransposedConvolution(16, 5, ConvolutionShape.square(2, 2, 0), Extent.of(0), false));
    layers.put(
        "transposed-uneven",
        new TransposedConvolution(
            16,
            6,
            window(extent(2, 3), extent(3, 2), extent(1, 0), extent(2, 1)),
            extent(2, 0),
            true));
    layers.put("resize-edges", new Resize(18, 14, false));
    layers.put("resize-corners", new Resize(18, 14, true));
    layers.put("resize-smaller", new Resize(4, 11, false));
    layers.put("resize-to-row", new Resize(1, 5, true));
    layers.put("maximum", Pool.maximum(window(extent(3, 2), extent(2, 1), extent(1, 0), one)));
    layers.put("average", Pool.average(window(extent(3, 2), extent(2, 1), extent(1, 1), one)));
    layers.put("global-maximum", Pool.globalMaximum());
    layers.put("global-average", Pool.globalAverage());
    layers.put("log-softmax", new SpatialLogSoftmax());
    return layers;
  }

  static Stream<Arguments> cases() {
    return layers().entrySet().stream()
        .flatMap(
            layer ->
                variants().map(v -> Arguments.of(layer.getKey(), layer.getValue(), v[0], v[1])));
  }

  private static Stream<Object[]> variants() {
    return Stream.of(DataType.FLOAT, DataType.DOUBLE)
        .flatMap(type -> Arrays.stream(Layout.values()).map(layout -> new Object[] {type, layout}));
  }

  @ParameterizedTest(name = "{0}, {2}, {3}")
  @MethodSource("cases")
  void outputAndGradientsAreThoseOfPyTorch(
      String name, OwnLayer configuration, DataType type, Layout layout) {
    configuration.setLayerName("p." + name);
    configuration.connect(true, true);
    NeuralNetConfiguration conf = new NeuralNetConfiguration.Builder().layer(configuration).build();
    long size = configuration.initializer().numParams(configuration);
    INDArray parameters = size == 0 ? null : Nd4j.create(type, size);
    Layer layer = configuration.instantiate(conf, null, 0, parameters, true, type);
    if (size > 0) {
      layer.setBackpropGradientsViewArray(Nd4j.valueArrayOf(new long[] {size}, Double.NaN, type));
      for (ParameterSpec spec : configuration.parameters()) {
        HostValues.write(
            golden.get(name + "." + spec.canonical()).data(), layer.getParam(spec.key()));
      }
    }
    INDArray x = input(name + ".x", type, layout);
    layer.setInput(x, WORKSPACES);

    INDArray y = layer.activate(true, WORKSPACES);
    assertAgree(name + ".y", y);
    INDArray dy = y.rank() == 2 ? plain(name + ".dy", type) : like(y, name + ".dy", type);
    Pair<Gradient, INDArray> back = layer.backpropGradient(dy, WORKSPACES);

    assertAgree(name + ".dx", back.getSecond());
    assertThat(Form.of(back.getSecond())).isEqualTo(Form.of(x));
    for (ParameterSpec spec : configuration.parameters()) {
      assertAgree(name + ".d" + spec.canonical(), back.getFirst().getGradientFor(spec.key()));
    }
  }

  static Stream<Arguments> typesAndLayouts() {
    return variants().map(v -> Arguments.of(v[0], v[1]));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("typesAndLayouts")
  void scaledChannelsAndGradientsAreThoseOfPyTorch(DataType type, Layout layout) {
    String name = "scale-channels";
    OwnVertexImpl vertex = new ScaleChannels().instantiate(null, name, 0, type);
    INDArray x = input(name + ".x", type, layout);
    vertex.setInputs(new INDArray[] {x, plain(name + ".gate", type)});
    INDArray y = vertex.doForward(true, WORKSPACES);
    assertAgree(name + ".y", y);
    vertex.setEpsilon(like(y, name + ".dy", type));
    INDArray[] gradients = vertex.doBackward(false, WORKSPACES).getSecond();
    assertAgree(name + ".dx", gradients[0]);
    assertAgree(name + ".dgate", gradients[1]);
    assertThat(Form.of(gradients[0])).isEqualTo(Form.of(x));
    assertThat(gradients[1].shape()).containsExactly(2, 16);
  }

  private static INDArray input(String name, DataType type, Layout layout) {
    INDArray plain = plain(name, type);
    INDArray array = Form.of(plain).as(layout).create(Buffers.detached());
    Activations.assign(plain, array);
    return array;
  }

  /** A golden activation in the layout of an array of its size. */
  private static INDArray like(INDArray array, String name, DataType type) {
    return input(name, type, Activations.layout(array));
  }

  private static INDArray plain(String name, DataType type) {
    INDArray array = Nd4j.create(type, golden.get(name).shape());
    HostValues.write(golden.get(name).data(), array);
    return array;
  }

  private static void assertAgree(String name, INDArray found) {
    Tensors.Tensor expected = golden.get(name);
    INDArray plain =
        found.rank() > 4 ? Activations.plain(found, Buffers.detached()) : found.dup('c');
    assertThat(plain.shape()).as(name).isEqualTo(expected.shape());
    double[] values = HostValues.doubles(plain);
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < values.length; i++) {
      double wanted = expected.data()[i];
      distance += (values[i] - wanted) * (values[i] - wanted);
      norm += wanted * wanted;
    }
    double tolerance = found.dataType() == DataType.FLOAT ? 2e-6 : 2e-7;
    assertThat(Math.sqrt(distance)).as(name).isLessThan(tolerance * Math.sqrt(norm));
  }
}
