package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.SaliencyOutput;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Sgd;

/** Sizes of layers that nothing can compute are refused before native code is asked to. */
@Tag("native")
class LayerSizesTest {
  private static final int SIDE = 8;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static Arguments refused(String message, ThrowingCallable made) {
    return arguments(message, made);
  }

  static Stream<Arguments> fewerThanOne() {
    return Stream.of(0, -1, -4, Integer.MIN_VALUE)
        .flatMap(
            n ->
                Stream.of(
                    refused(
                        "Input channels of a convolution must be at least 1, got " + n,
                        () -> Convolution.same(n, 4, 3, true)),
                    refused(
                        "Output channels of a convolution must be at least 1, got " + n,
                        () -> Convolution.same(3, n, 3, true)),
                    refused(
                        "Repetitions of the input must be at least 1, got " + n,
                        () -> Convolution.same(3, 4, 3, true).repeat(n)),
                    refused(
                        "Input channels of a transposed convolution must be at least 1, got " + n,
                        () -> TransposedConvolution.doubling(n, 3, true)),
                    refused(
                        "Output channels of a transposed convolution must be at least 1, got " + n,
                        () -> TransposedConvolution.doubling(3, n, true)),
                    refused(
                        "Channels of batch normalisation must be at least 1, got " + n,
                        () -> BatchNorm.relu(n)),
                    refused(
                        "Inputs of a fully connected layer must be at least 1, got " + n,
                        () -> new Linear(n, 3)),
                    refused(
                        "Outputs of a fully connected layer must be at least 1, got " + n,
                        () -> new Linear(3, n)),
                    refused(
                        "Channels of squeeze and excitation must be at least 1, got " + n,
                        () -> new SqueezeExcite(n, 4)),
                    refused(
                        "Reduction of squeeze and excitation must be at least 1, got " + n,
                        () -> new SqueezeExcite(4, n))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fewerThanOne")
  void layersHaveAtLeastOneOfEverything(String message, ThrowingCallable made) {
    assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 4, 64})
  void noEvenKernelKeepsTheSize(int kernel) {
    for (ThrowingCallable made :
        List.<ThrowingCallable>of(
            () -> Convolution.same(3, 1, kernel, true),
            () -> Convolution.halving(3, 1, kernel, true))) {
      assertThatThrownBy(made)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "No padding on both sides keeps the size with an even kernel, got "
                  + kernel
                  + "; give a window instead");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 1L << 31, 1L << 59, Long.MAX_VALUE})
  void aRowOfConcatenationsEndsWithAsManyChannelsAsAnIntCounts(long capacity) {
    assertThatThrownBy(() -> new Concat(capacity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "A row of concatenations ends with 0 to 2147483647 channels, its capacity cannot be "
                + capacity);
  }

  static Stream<ConvolutionShape> windowsBeyondAll() {
    int most = Integer.MAX_VALUE;
    return Stream.of(
        ConvolutionShape.square(most, 1, 0),
        ConvolutionShape.square(3, 1, most),
        ConvolutionShape.square(3, most, 1),
        new ConvolutionShape(Extent.of(3), Extent.of(1), Extent.of(0), Extent.of(most)),
        new ConvolutionShape(
            new Extent(1, (1 << 20) + 1), Extent.of(1), Extent.of(0), Extent.of(1)));
  }

  @ParameterizedTest
  @MethodSource("windowsBeyondAll")
  void windowsBeyondAllPicturesAreRefused(ConvolutionShape shape) {
    assertThatThrownBy(() -> new Convolution(1, 1, shape, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Kernel, with its dilation, stride and padding of a layer can be up to 1048576 rows"
                + " and columns, got "
                + shape);
  }

  static Stream<Arguments> tooManyParameters() {
    return Stream.of(
        arguments(Convolution.same(100_000, 100_000, 3, true), "[100000, 100000, 3, 3]"),
        arguments(Convolution.same(1 << 30, 1 << 30, 3, true), "[1073741824, 1073741824, 3, 3]"),
        arguments(Convolution.same(1, 1, 50_001, true), "[1, 1, 50001, 50001]"),
        arguments(TransposedConvolution.doubling(50_000, 50_000, true), "[50000, 50000, 3, 3]"),
        arguments(new Linear(50_000, 50_000), "[50000, 50000]"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("tooManyParameters")
  void aNetworkIsNotMadeOfALayerWithMoreParametersThanAnIntCounts(OwnLayer layer, String shape) {
    assertThatThrownBy(() -> graph(layer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Layer l would have more than 2147483647 parameters, with its weight of shape "
                + shape);
  }

  private static ComputationGraph graph(OwnLayer layer) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .dataType(DataType.FLOAT)
                .updater(new Sgd(1))
                .graphBuilder()
                .addInputs("in")
                .addLayer("l", layer, "in")
                .addLayer("out", new SaliencyOutput(1), "l")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  static Stream<Arguments> tooLargeMaps() {
    return Stream.of(
        arguments(
            new TransposedConvolution(
                1, 1, ConvolutionShape.square(3, 1 << 20, 0), Extent.of(0), true),
            "1 x 7340035 x 7340035"),
        arguments(
            new Convolution(1, 1, ConvolutionShape.square(3, 1, 1 << 20), true),
            "1 x 2097158 x 2097158"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("tooLargeMaps")
  void mapsThatNoIntCountsAreRefusedWithTheLayersName(OwnLayer layer, String size) {
    ComputationGraph graph = graph(layer);
    assertThatThrownBy(
            () ->
                graph.outputSingle(
                    HostValues.create(new double[SIDE * SIDE], DataType.FLOAT, 1, 1, SIDE, SIDE)))
        .hasMessage(
            "Layer l would make maps of "
                + size
                + " values for each example, a map can have 2147483647");
    assertThatThrownBy(() -> named(layer).getOutputType(0, InputType.convolutional(SIDE, SIDE, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Layer l would make maps of " + size);
  }

  private static OwnLayer named(OwnLayer layer) {
    layer.setLayerName("l");
    return layer;
  }

  @Test
  void aPictureIsNotResizedToMoreThanAnIntCounts() {
    assertThatThrownBy(() -> new Resize(1 << 16, 1 << 16, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A map cannot be resized to 65536 x 65536; it can have 2147483647 values");
    OwnLayer many = named(new Resize(1 << 15, 1 << 15, true));
    assertThatThrownBy(() -> many.getOutputType(0, InputType.convolutional(SIDE, SIDE, 3)))
        .hasMessageContaining("Layer l would make maps of 3 x 32768 x 32768 values");
  }

  @Test
  void theLargestLayersThatCanBeAreTaken() {
    assertThat(new Concat(Integer.MAX_VALUE).rowCapacity()).isEqualTo(Integer.MAX_VALUE);
    assertThat(Sizes.parameters("l", new Linear(46_340, 46_340).parameters()))
        .isEqualTo(46_340L * 46_341);
    assertThat(Sizes.map("l", 1, 46_340, 46_340)).isEqualTo(46_340L * 46_340);
  }
}
