package io.cogaze.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.OwnLayer;
import java.util.Arrays;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** Losses of inputs that are given directly, against values computed by hand. */
class LossesTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  /** A graph that is nothing but an output. */
  private static ComputationGraph graph(OwnLayer output, Activation in) {
    GraphAssembler g = new GraphAssembler(1, new Sgd(1), Set.of());
    g.output("out", output, in);
    ComputationGraphConfiguration configuration = g.configuration();
    configuration.setDataType(DataType.DOUBLE);
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    return graph;
  }

  private static INDArray array(double[] values, long... shape) {
    return HostValues.create(values, DataType.DOUBLE, shape);
  }

  private static Activation input(int channels, int height, int width) {
    return new GraphAssembler(1, new Sgd(1), Set.of()).input(channels, height, width);
  }

  private static double score(OwnLayer output, INDArray x, INDArray labels, INDArray mask) {
    Activation in =
        x.rank() == 2
            ? input((int) x.size(1), 1, 1)
            : input((int) x.size(1), (int) x.size(2), (int) x.size(3));
    INDArray[] masks = mask == null ? null : new INDArray[] {mask};
    return graph(output, in)
        .score(new MultiDataSet(new INDArray[] {x}, new INDArray[] {labels}, null, masks), false);
  }

  @Test
  void crossEntropyOfEqualLogitsIsTheLogarithmOfTheClasses() {
    INDArray x = array(new double[6], 2, 3);
    INDArray labels = array(new double[] {1, 0, 0, 0, 0, 1}, 2, 3);
    assertThat(score(new ClassOutput(1), x, labels, null)).isCloseTo(1.098612, within(1e-6));
    assertThat(score(new ClassOutput(0.5), x, labels, null)).isCloseTo(0.549306, within(1e-6));
    INDArray mask = array(new double[] {1, 0}, 2, 1);
    assertThat(score(new ClassOutput(1), x, labels, mask))
        .as("divided by all examples, also the unknown one")
        .isCloseTo(0.549306, within(1e-6));
  }

  @Test
  void saliencyDivergenceIsThatOfTheDefinition() {
    double[] p = {0.4, 0.3, 0.2, 0.1};
    double[] logits = Arrays.stream(p).map(v -> Math.log(v) + 5).toArray();
    INDArray x = array(logits, 1, 1, 2, 2);
    assertThat(
            score(
                new SaliencyOutput(1),
                x,
                array(new double[] {0.1, 0.2, 0.3, 0.4}, 1, 1, 2, 2),
                null))
        .isCloseTo(0.456435, within(1e-6));
    assertThat(score(new SaliencyOutput(1), x, array(p, 1, 1, 2, 2), null))
        .isCloseTo(0, within(1e-12));
    INDArray uniform = array(new double[4], 1, 1, 2, 2);
    INDArray target = array(new double[] {0.5, 0.25, 0.25, 0}, 1, 1, 2, 2);
    assertThat(score(new SaliencyOutput(1), uniform, target, null))
        .isCloseTo(0.346574, within(1e-6));
  }

  @Test
  void aUniformMapAgainstOnePixelScoresTheLogarithmOfThePixels() {
    double[] oneHot = new double[320 * 256];
    oneHot[1234] = 1;
    assertThat(
            score(
                new SaliencyOutput(1),
                array(new double[320 * 256], 1, 1, 320, 256),
                array(oneHot, 1, 1, 320, 256),
                null))
        .isCloseTo(11.313498, within(1e-6));
  }

  @Test
  void theSaliencyOutputIsAProbabilityMapEvenForHugeLogits() {
    INDArray x = array(new double[] {1000, 999, -1000, 0}, 1, 1, 2, 2);
    double[] map = HostValues.doubles(graph(new SaliencyOutput(1), input(1, 2, 2)).outputSingle(x));
    assertThat(Arrays.stream(map).sum()).isCloseTo(1, within(1e-12));
    assertThat(map[0]).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-12));
  }

  /** Equal embeddings violate every triplet by the margin, so that sums count the triplets. */
  @ParameterizedTest
  @CsvSource({"2, 2, 2, 24", "11, 11, 10, 6600", "16, 16, 0, 7680", "5, 1, 0, 20", "6, 0, 0, 0"})
  void publishedTripletLossOfEqualMapsIsTheNumberOfTriplets(int a, int b, int c, double count) {
    int examples = a + b + c;
    INDArray labels = labels(a, b, c);
    INDArray x = array(new double[examples * 2 * 2 * 2], examples, 2, 2, 2);
    assertThat(score(new TripletOutput(1, TripletOptions.asPublished(), 3), x, labels, null))
        .isCloseTo(count, within(1e-6));
  }

  private static INDArray labels(int... counts) {
    int examples = Arrays.stream(counts).sum();
    double[] oneHot = new double[examples * counts.length];
    int row = 0;
    for (int label = 0; label < counts.length; label++) {
      for (int i = 0; i < counts[label]; i++) {
        oneHot[row++ * counts.length + label] = 1;
      }
    }
    return array(oneHot, examples, counts.length);
  }

  @Test
  void pooledTripletLossIsTheMeanOverTheTripletsThatViolateTheMargin() {
    // Unit vectors at 0, 90 and 180 degrees; the second example is of the first one's class.
    INDArray x = array(new double[] {2, 0, 0, 5, -1, 0}, 3, 2, 1, 1);
    INDArray labels = array(new double[] {1, 0, 1, 0, 0, 1}, 3, 2);
    double root = Math.sqrt(2);
    // Anchor 1: root - 2 + 0.3 < 0, no violation. Anchor 2: root - root + 0.3.
    assertThat(score(new TripletOutput(1, TripletOptions.defaults(), 2), x, labels, null))
        .isCloseTo(0.3, within(1e-9));
    assertThat(score(new TripletOutput(1, new TripletOptions(1, false), 2), x, labels, null))
        .isCloseTo(((root - 2 + 1) + 1) / 2, within(1e-9));
    INDArray mask = array(new double[] {1, 0, 1}, 3, 1);
    assertThat(score(new TripletOutput(1, TripletOptions.defaults(), 2), x, labels, mask)).isZero();
  }

  @Test
  void lossesOfTheExamplesHaveTheMeanOfTheMinibatch() {
    INDArray x = array(new double[] {2, 0, 0, 5, -1, 0, 1, 1}, 4, 2, 1, 1);
    INDArray labels = array(new double[] {1, 0, 1, 0, 0, 1, 0, 1}, 4, 2);
    TripletOutput output = new TripletOutput(2, TripletOptions.asPublished(), 2);
    ComputationGraph graph = graph(output, input(2, 1, 1));
    MultiDataSet batch = new MultiDataSet(x, labels);
    double[] each = HostValues.doubles(graph.scoreExamples(batch, false));
    assertThat(each).hasSize(4);
    assertThat(Arrays.stream(each).average().orElseThrow())
        .isCloseTo(graph.score(batch, false), within(1e-9))
        .isGreaterThan(0.1);
  }

  @Test
  void aLearnedWeightAddsItsTermForEachKnownExampleOnly() {
    INDArray x = array(new double[6], 2, 3);
    INDArray labels = array(new double[] {1, 0, 0, 0, 0, 1}, 2, 3);
    INDArray mask = array(new double[] {1, 0}, 2, 1);
    double one = 0.5 * Math.log(3) + Math.log(2);

    assertThat(score(new ClassOutput(0.5, true), x, labels, null)).isCloseTo(one, within(1e-12));
    assertThat(score(new ClassOutput(0.5, true), x, labels, mask))
        .isCloseTo(one / 2, within(1e-12));
    ComputationGraph graph = graph(new ClassOutput(0.5, true), input(3, 1, 1));
    MultiDataSet batch =
        new MultiDataSet(new INDArray[] {x}, new INDArray[] {labels}, null, new INDArray[] {mask});
    assertThat(HostValues.doubles(graph.scoreExamples(batch, false)))
        .containsExactly(new double[] {one, 0}, within(1e-12));
  }

  @Test
  void labelsAndMasksOfTheWrongShapeAreRefused() {
    INDArray x = array(new double[6], 2, 3);
    assertThatThrownBy(() -> score(new ClassOutput(1), x, array(new double[4], 2, 2), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Output out wants labels of shape [2, 3], got [2, 2]");
    INDArray labels = array(new double[] {1, 0, 0, 0, 0, 1}, 2, 3);
    assertThatThrownBy(
            () -> score(new ClassOutput(1), x, labels, array(new double[] {1, 0.5}, 2, 1)))
        .hasMessage("The label mask of output out holds 0.5 in row 1, expected 0 or 1");
    assertThatThrownBy(
            () -> score(new ClassOutput(1), x, labels, array(new double[] {1, 1, 1}, 3, 1)))
        .hasMessageContaining("wants a label mask of shape [2, 1], got [3, 1]");
  }
}
