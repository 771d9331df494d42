package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.layer.Convolution;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.layer.OwnLayer;
import io.cogaze.nn.layer.Pool;
import io.cogaze.nn.layer.TransposedConvolution;
import io.cogaze.nn.loss.ClassOutput;
import io.cogaze.nn.loss.SaliencyOutput;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.loss.TripletOutput;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Each layer in float32, by the kernel of this machine, against itself in float64, at sizes that
 * networks of full width have. A 1x1 convolution stands before it, whose gradients show those of
 * the layer's input. No convolution has a bias: below a softmax over pixels its gradient is 0.
 */
@Tag("long")
@Tag("native")
class LayerPrecisionTest {
  private static final double OUTPUTS = 1e-5;
  private static final double GRADIENTS = 1e-4;
  private static final String LAYER = "p.layer";
  private static final int CLASSES = 3;

  /** Adds the layer. */
  private interface Builder extends BiFunction<GraphAssembler, Activation, Activation> {}

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(2);
  }

  private static Arguments layer(
      String name, int batch, int channels, int height, int width, Builder builder) {
    return Arguments.of(name, batch, channels, height, width, builder);
  }

  static Stream<Arguments> maps() {
    return Stream.of(
        layer("3x3", 2, 64, 320, 256, (g, x) -> conv(g, x, Convolution.same(64, 64, 3, false))),
        layer("3x3", 2, 512, 20, 16, (g, x) -> conv(g, x, Convolution.same(512, 1024, 3, false))),
        layer("3x3", 2, 1024, 20, 16, (g, x) -> conv(g, x, Convolution.same(1024, 1024, 3, false))),
        layer("3x3", 8, 128, 56, 56, (g, x) -> conv(g, x, Convolution.same(128, 32, 3, false))),
        layer("1x1", 8, 1888, 7, 7, (g, x) -> conv(g, x, Convolution.same(1888, 128, 1, false))),
        layer("7x7", 8, 3, 224, 224, (g, x) -> conv(g, x, Convolution.halving(3, 64, 7, false))),
        layer(
            "transposed",
            2,
            1024,
            20,
            16,
            (g, x) -> g.convolution(LAYER, TransposedConvolution.doubling(1024, 512, false), x)),
        layer(
            "transposed",
            2,
            128,
            160,
            128,
            (g, x) -> g.convolution(LAYER, TransposedConvolution.doubling(128, 64, false), x)),
        layer("nearest", 2, 64, 160, 128, (g, x) -> g.upsample(LAYER, x)),
        layer("bilinear", 2, 64, 80, 64, (g, x) -> g.resize(LAYER, 160, 128, false, x)),
        layer("bilinear, aligned", 2, 64, 80, 64, (g, x) -> g.resize(LAYER, 160, 128, true, x)),
        layer("maximum 2", 2, 64, 320, 256, (g, x) -> g.pool(LAYER, Pool.maximum(2), x)),
        layer(
            "maximum 3",
            8,
            64,
            112,
            112,
            (g, x) -> g.pool(LAYER, Pool.maximum(ConvolutionShape.square(3, 2, 1)), x)),
        layer("average 2", 8, 512, 28, 28, (g, x) -> g.pool(LAYER, Pool.average(2), x)),
        layer("dropout", 2, 1024, 20, 16, (g, x) -> g.dropout(LAYER, 0.25, x)),
        layer("squeeze and excite", 2, 64, 320, 256, (g, x) -> g.squeezeExcite(LAYER, 16, x)),
        layer("squeeze and excite", 2, 1024, 20, 16, (g, x) -> g.squeezeExcite(LAYER, 16, x)),
        layer(
            "scaled channels",
            2,
            256,
            80,
            64,
            (g, x) ->
                g.scaleChannels(
                    LAYER, x, g.linear("p.gate", 256, g.pool("p.sum", Pool.globalAverage(), x)))),
        layer(
            "sum and relu",
            2,
            128,
            160,
            128,
            (g, x) ->
                g.addRelu(
                    LAYER, x, g.convolution("p.other", Convolution.same(128, 128, 1, false), x))),
        layer(
            "joined",
            2,
            64,
            320,
            256,
            (g, x) ->
                g.concat(
                    LAYER, x, g.convolution("p.other", Convolution.same(64, 64, 1, false), x))),
        layer(
            "spatial log-softmax",
            2,
            64,
            320,
            256,
            (g, x) ->
                g.spatialLogSoftmax(
                    LAYER, g.convolution("p.one", Convolution.same(64, 1, 1, false), x))));
  }

  private static Activation conv(GraphAssembler g, Activation x, Convolution layer) {
    return g.convolution(LAYER, layer, x);
  }

  @ParameterizedTest(name = "{0} [{1},{2},{3},{4}]")
  @MethodSource("maps")
  void layersOfMapsAgree(
      String name, int batch, int channels, int height, int width, Builder builder) {
    GraphAssembler g = new GraphAssembler(3, new Sgd(0), Set.of("p"));
    Activation made = builder.apply(g, first(g, channels, height, width));
    Activation map =
        made.channels() == 1
            ? made
            : g.convolution("p.last", Convolution.same(made.channels(), 1, 1, false), made);
    g.output("out", new SaliencyOutput(1), map);
    Random random = new Random(5);
    double[] target = new double[batch * map.height() * map.width()];
    int size = target.length / batch;
    for (int n = 0; n < batch; n++) {
      for (int spot = 0; spot < 10; spot++) {
        target[n * size + random.nextInt(size)] += 0.1;
      }
    }
    agree(g, batch, channels, height, width, target, 1, map.height(), map.width());
  }

  static Stream<Arguments> vectors() {
    Builder global = (g, x) -> g.pool(LAYER, Pool.globalAverage(), x);
    return Stream.of(
        Arguments.of("global average", global, new ClassOutput(1)),
        Arguments.of(
            "global maximum",
            (Builder) (g, x) -> g.pool(LAYER, Pool.globalMaximum(), x),
            new ClassOutput(1)),
        Arguments.of(
            "linear",
            (Builder) (g, x) -> g.linear(LAYER, 64, g.pool("p.pool", Pool.globalAverage(), x)),
            new ClassOutput(1)),
        Arguments.of(
            "dropout and relu",
            (Builder)
                (g, x) -> {
                  Activation pooled = g.pool("p.pool", Pool.globalAverage(), x);
                  return g.dropoutRelu(LAYER, 0.25, g.linear("p.hidden", 64, pooled));
                },
            new ClassOutput(1)),
        Arguments.of(
            "triplets", global, new TripletOutput(0.3, TripletOptions.defaults(), CLASSES)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void layersOfVectorsAgree(String name, Builder builder, OwnLayer output) {
    GraphAssembler g = new GraphAssembler(3, new Sgd(0), Set.of("p"));
    Activation made = builder.apply(g, first(g, 1920, 7, 7));
    g.output("out", output, output instanceof TripletOutput ? made : g.linear("p.fc", 3, made));
    double[] oneHot = new double[8 * CLASSES];
    for (int n = 0; n < 8; n++) {
      oneHot[n * CLASSES + n % CLASSES] = 1;
    }
    agree(g, 8, 1920, 7, 7, oneHot, CLASSES);
  }

  private static Activation first(GraphAssembler g, int channels, int height, int width) {
    return g.convolution(
        "p.first",
        Convolution.same(channels, channels, 1, false),
        g.input(channels, height, width));
  }

  private static void agree(
      GraphAssembler g,
      int batch,
      int channels,
      int height,
      int width,
      double[] labels,
      long... labelShape) {
    double[] pixels =
        new Random(1).doubles((long) batch * channels * height * width, -1, 1).toArray();
    long[] image = {batch, channels, height, width};
    long[] label = LongStream.concat(LongStream.of(batch), LongStream.of(labelShape)).toArray();
    float[] parameters = null;
    Map<String, double[]> narrow = null;
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      ComputationGraphConfiguration configuration = g.configuration().clone();
      configuration.setDataType(type);
      ComputationGraph graph = new ComputationGraph(configuration);
      graph.init();
      if (parameters == null) {
        parameters = HostValues.floats(graph.params());
      }
      double[] values = new double[parameters.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = parameters[i];
      }
      HostValues.write(values, graph.params());
      ExampleKeys.assign(graph, LongStream.range(0, batch).toArray());
      INDArray x = HostValues.create(pixels, type, image);
      Map<String, double[]> found = new LinkedHashMap<>();
      found.put("output", KernelFixtures.values(graph.feedForward(x, true).get(LAYER)));
      graph.setInputs(HostValues.create(pixels, type, image));
      graph.setLabels(HostValues.create(labels, type, label));
      graph.computeGradientAndScore();
      found.put("score", new double[] {graph.score()});
      for (TensorNames.Tensor tensor : g.names().tensors()) {
        INDArray gradient = graph.gradient().gradientForVariable().get(tensor.tableKey());
        found.put(tensor.name(), HostValues.doubles(gradient));
      }
      graph.close();
      if (narrow == null) {
        narrow = found;
      } else {
        assertThat(distance(narrow.get("output"), found.get("output"))).isLessThan(OUTPUTS);
        for (Map.Entry<String, double[]> exact : found.entrySet()) {
          assertThat(distance(narrow.get(exact.getKey()), exact.getValue()))
              .as(exact.getKey())
              .isLessThan(GRADIENTS);
        }
      }
    }
  }

  /** Relative L2 distance of values from exact ones. */
  private static double distance(double[] values, double[] exact) {
    assertThat(values).hasSameSizeAs(exact);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < exact.length; i++) {
      difference += (values[i] - exact[i]) * (values[i] - exact[i]);
      norm += exact[i] * exact[i];
    }
    assertThat(norm).as("something to compare").isPositive();
    return Math.sqrt(difference / norm);
  }
}
