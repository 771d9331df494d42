package io.cogaze.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.ClassOutput;
import io.cogaze.nn.loss.SaliencyOutput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.serializer.SerializerInstance;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** A graph of every layer, saved and loaded in every way that Deeplearning4j and Spark have. */
class LayerSerializationTest {
  private static final int SIDE = 8;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static ComputationGraphConfiguration everything() {
    GraphAssembler g = new GraphAssembler(3, new Adam(1e-3), Set.of("p"));
    ConvolutionShape dilated =
        new ConvolutionShape(new Extent(3, 1), Extent.of(1), new Extent(2, 0), new Extent(2, 1));
    Activation x = g.input(1, SIDE, SIDE);
    x = g.convolution("p.first", new Convolution(2, 4, dilated, true).repeat(2), x);
    x = g.normRelu("p.norm", x);
    x = g.squeezeExcite("p.se", 2, x);
    x =
        g.pool(
            "p.max",
            Pool.maximum(
                new ConvolutionShape(
                    new Extent(3, 2), Extent.of(1), new Extent(1, 0), Extent.of(1))),
            x);
    x = g.pool("p.mean", Pool.average(2), x);
    x = g.convolution("p.deconv", TransposedConvolution.doubling(4, 3, true), x);
    x = g.dropout("p.drop", 0.2, x);
    Activation resized = g.resize("p.resize", x.height(), x.width(), true, g.upsample("p.up", x));
    x = g.addRelu("p.add", x, resized);
    Activation gate = g.pool("p.top", Pool.globalMaximum(), x);
    x = g.scaleChannels("p.scale", x, gate);
    x = g.concat("p.cat", x, g.spatialLogSoftmax("p.log", x));
    Activation mean = g.pool("p.average", Pool.globalAverage(), x);
    g.output(
        "class", new ClassOutput(0.7), g.linear("p.fc", 3, g.dropoutRelu("p.relu", 0.1, mean)));
    g.output(
        "map",
        new SaliencyOutput(0.3),
        g.convolution("p.last", Convolution.same(x.channels(), 1, 1, true), x));
    return g.configuration();
  }

  private static INDArray[] outputs(ComputationGraph graph) {
    double[] pixels = new Random(4).doubles(2L * SIDE * SIDE).toArray();
    return graph.output(false, HostValues.create(pixels, DataType.FLOAT, 2, 1, SIDE, SIDE));
  }

  private static ComputationGraph graph() {
    ComputationGraph graph = new ComputationGraph(everything());
    graph.init();
    return graph;
  }

  @Test
  void aConfigurationGoesThroughJson() {
    ComputationGraphConfiguration before = everything();
    ComputationGraphConfiguration after = ComputationGraphConfiguration.fromJson(before.toJson());
    assertThat(after).isEqualTo(before);
    assertThat(after.toJson()).isEqualTo(before.toJson());
    assertThat(after.getLayerActivationTypes(InputType.convolutional(SIDE, SIDE, 1)))
        .isEqualTo(before.getLayerActivationTypes(InputType.convolutional(SIDE, SIDE, 1)));
  }

  @Test
  void aGraphGoesThroughDeeplearning4jsFile() throws IOException {
    ComputationGraph before = graph();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel(before, file, true);
    ComputationGraph after =
        ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(file.toByteArray()), true);
    assertSame(before, after);
  }

  @Test
  void aGraphGoesThroughJavasSerialization() throws IOException, ClassNotFoundException {
    ComputationGraph before = graph();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(before);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      // Deeplearning4j does not set up a graph that it reads this way for use.
      ComputationGraph read = (ComputationGraph) in.readObject();
      ComputationGraph after = new ComputationGraph(read.getConfiguration());
      after.init(read.params(), true);
      assertSame(before, after);
    }
  }

  static Stream<Serializer> serializers() {
    SparkConf conf =
        new SparkConf(false).set("spark.kryo.registrator", "org.nd4j.kryo.Nd4jRegistrator");
    return Stream.of(new JavaSerializer(conf), new KryoSerializer(conf));
  }

  @ParameterizedTest
  @MethodSource("serializers")
  void aConfigurationGoesThroughSparksSerializers(Serializer serializer) {
    SerializerInstance instance = serializer.newInstance();
    var tag = scala.reflect.ClassTag$.MODULE$.apply(ComputationGraphConfiguration.class);
    ComputationGraphConfiguration before = everything();
    Object after = instance.deserialize(instance.serialize(before, tag), tag);
    assertThat(after).isEqualTo(before).isNotSameAs(before);
    ComputationGraph graph = new ComputationGraph((ComputationGraphConfiguration) after);
    graph.init();
    assertSame(graph(), graph);
  }

  @ParameterizedTest
  @MethodSource("serializers")
  void anInferenceGraphGoesThroughSparksSerializers(Serializer serializer) {
    ComputationGraph before = InferenceGraph.of(graph());
    assertThat(before.getLayer("p.norm").conf().getLayer()).isInstanceOf(FoldedConvolution.class);
    SerializerInstance instance = serializer.newInstance();
    var tag = scala.reflect.ClassTag$.MODULE$.apply(ComputationGraphConfiguration.class);
    Object read = instance.deserialize(instance.serialize(before.getConfiguration(), tag), tag);
    ComputationGraph after = new ComputationGraph((ComputationGraphConfiguration) read);
    after.init(before.params(), true);
    assertSame(before, after);
  }

  private static void assertSame(ComputationGraph before, ComputationGraph after) {
    assertThat(after.getConfiguration()).isEqualTo(before.getConfiguration());
    assertThat(HostValues.floats(after.params())).isEqualTo(HostValues.floats(before.params()));
    INDArray[] expected = outputs(before);
    INDArray[] found = outputs(after);
    for (int i = 0; i < expected.length; i++) {
      assertThat(HostValues.floats(found[i])).isEqualTo(HostValues.floats(expected[i]));
    }
  }

  @Test
  void layersOfOtherSettingsDiffer() {
    assertThat(Pool.maximum(2)).isEqualTo(Pool.maximum(2)).isNotEqualTo(Pool.maximum(3));
    assertThat(Pool.globalMaximum()).isNotEqualTo(Pool.globalAverage());
    assertThat(new Resize(4, 4, true)).isNotEqualTo(new Resize(4, 4, false));
    assertThat(new Dropout(0.1)).isNotEqualTo(new Dropout(0.2));
    assertThat(TransposedConvolution.doubling(2, 3, true))
        .isEqualTo(TransposedConvolution.doubling(2, 3, true))
        .hasSameHashCodeAs(TransposedConvolution.doubling(2, 3, true))
        .isNotEqualTo(TransposedConvolution.doubling(2, 3, false));
    assertThat(Convolution.same(2, 3, 3, true)).isNotEqualTo(Convolution.halving(2, 3, 3, true));
  }

  @Test
  void settingsThatMakeNoLayerAreRefused() {
    assertThatThrownBy(
            () ->
                new TransposedConvolution(
                    2, 2, ConvolutionShape.square(3, 2, 1), Extent.of(2), true))
        .hasMessageContaining("must be fewer than the stride");
    assertThatThrownBy(() -> Pool.average(ConvolutionShape.square(2, 2, 2)))
        .hasMessageContaining("Pooling pads by at most half of its window");
    assertThatThrownBy(
            () ->
                Pool.maximum(
                    new ConvolutionShape(Extent.of(2), Extent.of(2), Extent.of(0), Extent.of(2))))
        .hasMessageContaining("no dilated windows");
    assertThatThrownBy(() -> new Resize(0, 3, true))
        .hasMessage("A map cannot be resized to 0 x 3; at least 1 x 1 is needed");
    assertThatThrownBy(() -> new Dropout(1)).hasMessage("Dropout must be in [0, 1), got 1.0");
    assertThatThrownBy(
            () -> new ConvolutionShape(new Extent(0, 3), Extent.of(1), Extent.of(0), Extent.of(1)))
        .hasMessageContaining("must be at least 1");
  }

  @Test
  void inputsThatDoNotFitAreRefusedWithTheLayersName() {
    GraphAssembler g = new GraphAssembler(3, new Adam(1e-3), Set.of("p"));
    Activation small = g.input(2, 3, 4);
    assertThatThrownBy(() -> g.pool("p.pool", Pool.maximum(4), small))
        .hasMessage(
            "Layer p.pool has a window of 4 x 4 and pads by 0 x 0, its input of 3 x 4 is smaller"
                + " than that");
    assertThatThrownBy(
            () -> g.scaleChannels("p.scale", small, new Activation("p.gate", 3, 1, 1, true)))
        .hasMessageContaining("Vertex p.scale cannot scale");
    ComputationGraph graph = graph();
    assertThatThrownBy(
            () ->
                graph.output(
                    HostValues.create(
                        new double[2 * SIDE * SIDE], DataType.FLOAT, 1, 2, SIDE, SIDE)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Layer p.first takes 1 channels, its input has shape [1, 2, 8, 8]");
  }
}
