package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.block.UnetBlocks;
import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.ClassOutput;
import io.cogaze.nn.loss.SaliencyOutput;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.loss.TripletOutput;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
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
 * Gradients of every layer, vertex and loss against central differences in float64. Each graph
 * starts with a convolution, so that the gradients of inputs are checked through its weights.
 */
@Tag("native")
class GradientsTest {
  private static final int SIDE = 8;
  private static final int CLASSES = 3;
  private static final double STEP = 1e-6;

  /** Random directions tried for each parameter tensor. */
  private static final int DIRECTIONS = 3;

  /** A graph under test: adds layers above the first convolution, and an output. */
  private interface Builder extends BiFunction<GraphAssembler, Activation, Activation> {}

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  static Stream<Arguments> graphs() {
    return Stream.of(
            graph("convolution 3x3", (g, x) -> conv(g, x, Convolution.same(3, 2, 3, true))),
            graph("convolution 1x1", (g, x) -> conv(g, x, Convolution.same(3, 4, 1, false))),
            graph(
                "convolution 7x7 halving",
                (g, x) -> conv(g, x, Convolution.halving(3, 2, 7, false))),
            graph(
                "convolution of a repeated input",
                (g, x) -> conv(g, x, Convolution.same(6, 2, 3, true).repeat(2))),
            graph("batch norm", (g, x) -> g.norm("p.norm", x)),
            graph("batch norm and relu", (g, x) -> g.normRelu("p.norm", x)),
            graph("maximum 2", (g, x) -> g.pool("p.pool", Pool.maximum(2), x)),
            graph(
                "maximum 3",
                (g, x) -> g.pool("p.pool", Pool.maximum(ConvolutionShape.square(3, 2, 1)), x)),
            graph("average 2", (g, x) -> g.pool("p.pool", Pool.average(2), x)),
            graph(
                "convolution, dilated and rectangular",
                (g, x) ->
                    conv(
                        g,
                        x,
                        new Convolution(
                            3, 2, window(new Extent(3, 2), new Extent(2, 1), 1, 2), true))),
            graph(
                "transposed convolution",
                (g, x) -> g.convolution("p.deconv", TransposedConvolution.doubling(3, 2, true), x)),
            graph(
                "transposed convolution, rectangular",
                (g, x) ->
                    g.convolution(
                        "p.deconv",
                        new TransposedConvolution(
                            3,
                            4,
                            window(new Extent(2, 3), new Extent(2, 3), 0, 1),
                            new Extent(1, 0),
                            false),
                        x)),
            graph("resize", (g, x) -> g.resize("p.resize", 13, 5, false, x)),
            graph("resize with aligned corners", (g, x) -> g.resize("p.resize", 5, 13, true, x)),
            graph(
                "maximum of any window",
                (g, x) ->
                    g.pool(
                        "p.pool",
                        Pool.maximum(window(new Extent(3, 2), new Extent(1, 2), 1, 1)),
                        x)),
            graph(
                "average of any window",
                (g, x) ->
                    g.pool(
                        "p.pool",
                        Pool.average(window(new Extent(2, 3), new Extent(3, 1), 1, 1)),
                        x)),
            graph("dropout", (g, x) -> g.dropout("p.drop", 0.3, x)),
            graph("spatial log-softmax", (g, x) -> g.spatialLogSoftmax("p.log", x)),
            graph(
                "scaled channels",
                (g, x) ->
                    g.scaleChannels(
                        "p.scale",
                        x,
                        g.linear("p.gate", 3, g.pool("p.pool", Pool.globalAverage(), x)))),
            graph("upsample", (g, x) -> g.upsample("p.up", x)),
            graph("squeeze and excite", (g, x) -> g.squeezeExcite("p.se", 1, x)),
            graph(
                "add and relu",
                (g, x) -> g.addRelu("p.add", x, conv(g, x, Convolution.same(3, 3, 3, true)))),
            graph(
                "concat",
                (g, x) -> g.concat("p.cat", x, conv(g, x, Convolution.same(3, 2, 1, true)), x)),
            graph("double convolution", (g, x) -> UnetBlocks.doubleConv(g, "p.convs", x, 2)),
            graph("up", (g, x) -> UnetBlocks.up(g, "p.up", x, 2)),
            graph("residual", (g, x) -> UnetBlocks.residualSqueezeExcite(g, "p.res", x, 4)))
        .flatMap(name -> Stream.of(1, 3).map(batch -> arguments(name[0], name[1], batch)));
  }

  private static Object[] graph(String name, Builder builder) {
    return new Object[] {name, builder};
  }

  private static ConvolutionShape window(Extent kernel, Extent stride, int padding, int dilation) {
    return new ConvolutionShape(kernel, stride, Extent.of(padding), Extent.of(dilation));
  }

  private static Activation conv(GraphAssembler g, Activation x, Convolution layer) {
    return g.convolution("p.conv", layer, x);
  }

  @ParameterizedTest(name = "{0}, batch {2}")
  @MethodSource("graphs")
  void gradientsOfMapsAreThoseOfDifferences(String name, Builder builder, int batch) {
    GraphAssembler g = new GraphAssembler(5, new Sgd(0), Set.of("p"));
    Activation top = builder.apply(g, first(g));
    // One channel, so that the map's softmax is the loss.
    Activation map = g.convolution("p.last", Convolution.same(top.channels(), 1, 1, true), top);
    g.output("map", new SaliencyOutput(0.7), map);
    Random random = new Random(batch);
    double[] target = new double[batch * map.height() * map.width()];
    for (int i = 0; i < target.length; i++) {
      target[i] = random.nextDouble();
    }
    for (int n = 0; n < batch; n++) {
      int size = target.length / batch;
      double sum = 0;
      for (int i = 0; i < size; i++) {
        sum += target[n * size + i];
      }
      for (int i = 0; i < size; i++) {
        target[n * size + i] /= sum;
      }
    }
    INDArray labels =
        HostValues.create(target, DataType.DOUBLE, batch, 1, map.height(), map.width());
    check(g, batch, labels, null);
    check(g, batch, labels, mask(batch));
  }

  static Stream<Arguments> classGraphs() {
    return Stream.of(
            arguments("class", (Builder) (g, x) -> linear(g, x), new ClassOutput(1.3), 3),
            arguments(
                "class with a learned weight",
                (Builder) (g, x) -> linear(g, x),
                new ClassOutput(1.3, true),
                3),
            arguments("class of one", (Builder) (g, x) -> linear(g, x), new ClassOutput(1), 1),
            arguments(
                "fused classifier",
                (Builder)
                    (g, x) -> {
                      Activation pooled = g.pool("p.pool", Pool.globalAverage(), x);
                      Activation both = g.concat("p.cat", pooled, pooled);
                      Activation hidden = g.linear("p.fc1", 5, both);
                      return g.linear("p.fc2", CLASSES, g.dropoutRelu("p.drop", 0.4, hidden));
                    },
                new ClassOutput(1),
                3),
            arguments(
                "global maximum and dropout",
                (Builder)
                    (g, x) -> {
                      Activation pooled = g.pool("p.pool", Pool.globalMaximum(), x);
                      return g.linear("p.fc", CLASSES, g.dropout("p.drop", 0.4, pooled));
                    },
                new ClassOutput(1),
                3),
            arguments(
                "triplets",
                (Builder) (g, x) -> x,
                new TripletOutput(0.8, TripletOptions.defaults(), CLASSES),
                5),
            arguments(
                "triplets as published",
                (Builder) (g, x) -> x,
                new TripletOutput(0.8, TripletOptions.asPublished(), CLASSES),
                5))
        .map(Arguments::get)
        .flatMap(
            each ->
                Stream.of(1, (Integer) each[3])
                    .distinct()
                    .map(batch -> arguments(each[0], each[1], each[2], batch)));
  }

  private static Activation linear(GraphAssembler g, Activation x) {
    return g.linear("p.fc", CLASSES, g.pool("p.pool", Pool.globalAverage(), x));
  }

  @ParameterizedTest(name = "{0}, batch {3}")
  @MethodSource("classGraphs")
  void gradientsOfClassesAreThoseOfDifferences(
      String name, Builder builder, OwnLayer output, int batch) {
    GraphAssembler g = new GraphAssembler(5, new Sgd(0), Set.of("p"));
    Activation top = builder.apply(g, g.normRelu("p.norm0", first(g)));
    g.output("classes", output, top);
    double[] oneHot = new double[batch * CLASSES];
    int[] classes = {0, 1, 0, 2, 1};
    for (int n = 0; n < batch; n++) {
      oneHot[n * CLASSES + classes[n]] = 1;
    }
    INDArray labels = HostValues.create(oneHot, DataType.DOUBLE, batch, CLASSES);
    check(g, batch, labels, null);
    check(g, batch, labels, mask(batch));
  }

  private static Activation first(GraphAssembler g) {
    return g.convolution("p.first", Convolution.same(1, 3, 3, true), g.input(1, SIDE, SIDE));
  }

  private static INDArray mask(int batch) {
    double[] mask = new double[batch];
    for (int i = 0; i < batch; i++) {
      mask[i] = i == 1 ? 0 : 1; // the only example of a batch of 1 counts
    }
    return HostValues.create(mask, DataType.DOUBLE, batch, 1);
  }

  private static void check(GraphAssembler g, int batch, INDArray labels, INDArray mask) {
    ComputationGraphConfiguration configuration = g.configuration().clone();
    configuration.setDataType(DataType.DOUBLE);
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    INDArray logSigma = graph.paramTable().get("classes_logSigma");
    if (logSigma != null) {
      // At 0, where it begins, a weight that were not divided by sigma would not show.
      HostValues.write(new double[] {0.4}, logSigma);
    }
    Random random = new Random(batch);
    double[] pixels = new double[batch * SIDE * SIDE];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextDouble();
    }
    graph.setInputs(HostValues.create(pixels, DataType.DOUBLE, batch, 1, SIDE, SIDE));
    graph.setLabels(labels);
    graph.setLayerMaskArrays(null, mask == null ? null : new INDArray[] {mask});
    graph.computeGradientAndScore();
    INDArray parameters = graph.params();
    double[] analytic = HostValues.doubles(graph.getFlattenedGradients());
    double[] values = HostValues.doubles(parameters);
    int checked = 0;
    for (TensorNames.Tensor tensor : g.names().tensors()) {
      if (tensor.role() == TensorNames.Role.STATISTIC) {
        continue;
      }
      boolean[] own = positions(graph, tensor, values);
      for (int direction = 0; direction < DIRECTIONS; direction++) {
        double[] step = new double[values.length];
        double expected = 0;
        for (int i = 0; i < step.length; i++) {
          step[i] = own[i] ? random.nextGaussian() : 0;
          expected += step[i] * analytic[i];
        }
        double up = score(graph, parameters, values, step, STEP);
        double down = score(graph, parameters, values, step, -STEP);
        double numeric = batch * (up - down) / (2 * STEP);
        assertThat(Math.abs(expected - numeric))
            .as(tensor + ": " + expected + " against " + numeric)
            .isLessThan(2e-5 * Math.max(1e-2, Math.abs(numeric)));
        checked++;
      }
    }
    assertThat(checked).isGreaterThanOrEqualTo(2 * DIRECTIONS);
  }

  private static double score(
      ComputationGraph graph, INDArray parameters, double[] values, double[] step, double size) {
    double[] moved = values.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += size * step[i];
    }
    HostValues.write(moved, parameters);
    graph.computeGradientAndScore();
    HostValues.write(values, parameters);
    return graph.score();
  }

  /** Where a tensor lies in the flat vector. */
  private static boolean[] positions(
      ComputationGraph graph, TensorNames.Tensor tensor, double[] values) {
    graph.paramTable().get(tensor.tableKey()).addi(1000);
    double[] after = HostValues.doubles(graph.params());
    HostValues.write(values, graph.params());
    boolean[] own = new boolean[values.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = after[i] - values[i] > 500;
    }
    return own;
  }
}
