package io.cogaze.nn.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.layer.Convolution;
import io.cogaze.nn.layer.Pool;
import io.cogaze.nn.loss.ClassOutput;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

class FlatUpdaterTest {
  private static final double RATE = 1e-3;
  private static final int STEPS = 20;

  // torch.optim.Adam of PyTorch 2.13 with rate 1e-3, 20 steps of the gradients of gradient().
  private static final double[] TORCH = {
    0.49125760793685913,
    0.39275968074798584,
    0.2952151894569397,
    0.19112847745418549,
    0.09282732009887695,
    -0.004599648527801037,
    -0.10885866731405258,
    -0.20712575316429138
  };
  private static final double[] TORCH_FIRST = {
    1.7289005517959595,
    1.081689476966858,
    1.8863357305526733,
    2.8399860858917236,
    1.7451932430267334,
    2.747016429901123,
    3.9510715007781982,
    2.4086971282958984
  };
  private static final double[] TORCH_SECOND = {
    0.3026958107948303,
    0.4664672315120697,
    0.6698609590530396,
    0.9128769636154175,
    1.1955151557922363,
    1.5177756547927856,
    1.879658579826355,
    2.281163215637207
  };

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static double gradient(int i, int step) {
    return ((i + step) % 3 != 0 ? 1 : -1) * (1.0 + i + 0.25 * step);
  }

  private static AdamPass.Constants constants(int step, int divisor) {
    return AdamPass.Constants.of(new Adam(RATE), RATE, step, divisor);
  }

  private static AdamPass.Rounding rounding() {
    return AdamPass.rounding(new Adam(RATE), 0, 0).orElseThrow();
  }

  private static AdamPass pass(INDArray gradient, INDArray moments) {
    AdamPass pass = new AdamPass();
    pass.add(gradient, moments);
    return pass;
  }

  @Test
  void computesWhatPyTorchComputes() {
    int length = TORCH.length;
    INDArray gradient = Nd4j.zeros(DataType.FLOAT, length);
    INDArray moments = Nd4j.zeros(DataType.FLOAT, 2L * length);
    AdamPass pass = pass(gradient, moments);
    float[] parameters = new float[length];
    for (int i = 0; i < length; i++) {
      parameters[i] = (float) (0.5 - 0.1 * i);
    }
    for (int step = 1; step <= STEPS; step++) {
      double[] values = new double[length];
      for (int i = 0; i < length; i++) {
        values[i] = gradient(i, step);
      }
      HostValues.write(values, gradient);
      pass.run(rounding(), constants(step, 1), 1);
      float[] update = HostValues.floats(gradient);
      for (int i = 0; i < length; i++) {
        parameters[i] -= update[i];
      }
    }
    float[] state = HostValues.floats(moments);
    for (int i = 0; i < length; i++) {
      // PyTorch adds epsilon after the bias correction, Deeplearning4j before it.
      assertThat((double) parameters[i]).isCloseTo(TORCH[i], within(2e-7));
      assertThat(state[i] / TORCH_FIRST[i]).isCloseTo(1, within(1e-6));
      // Deeplearning4j takes 1 - 0.999 in float.
      assertThat(state[length + i] / TORCH_SECOND[i]).isCloseTo(1, within(2e-5));
    }
  }

  /** The rate's correction changes from step to step until it is 1. */
  @ParameterizedTest
  @CsvSource({"1e-3, 0.9, 0.999, 1e-8", "3.3e-4, 0.5, 0.99, 1e-7", "1e-4, 0.9, 0.999, 1e-3"})
  void givesTheBitsOfDeeplearning4jsAdamOrSaysThatItCannot(
      double rate, double beta1, double beta2, double epsilon) {
    int length = 300;
    Adam adam = new Adam(rate, beta1, beta2, epsilon);
    INDArray stockState = Nd4j.zeros(DataType.FLOAT, 1, 2L * length);
    GradientUpdater<?> stock = adam.instantiate(stockState, true);
    INDArray gradient = Nd4j.zeros(DataType.FLOAT, length);
    INDArray moments = Nd4j.zeros(DataType.FLOAT, 2L * length);
    AdamPass pass = pass(gradient, moments);
    Random random = new Random(5);
    int passes = 0;
    for (int step = 1; step <= 12_000; step++) {
      double[] values = random.doubles(length, -1, 1).toArray();
      INDArray theirs = HostValues.create(values, DataType.FLOAT, 1, length);
      stock.applyUpdater(theirs, step - 1, 0);
      Optional<AdamPass.Rounding> rounding = AdamPass.rounding(adam, step - 1, 0);

      if (rounding.isPresent()) {
        HostValues.write(values, gradient);
        pass.run(rounding.get(), AdamPass.Constants.of(adam, rate, step, 1), 1);
        assertThat(HostValues.floats(gradient)).isEqualTo(HostValues.floats(theirs));
        assertThat(HostValues.floats(moments)).isEqualTo(HostValues.floats(stockState));
        passes++;
      } else {
        HostValues.write(HostValues.doubles(stockState), moments);
      }
    }
    assertThat(passes).isGreaterThan(11_500);
  }

  static Stream<Long> seeds() {
    return Stream.of(1L, 2L, 3L);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void computesWhatDeeplearning4jsAdamComputesInDoublePrecision(long seed) {
    int length = 1000;
    INDArray wideState = Nd4j.zeros(DataType.DOUBLE, 1, 2L * length);
    GradientUpdater<?> reference = new Adam(RATE).instantiate(wideState, true);
    INDArray gradient = Nd4j.zeros(DataType.FLOAT, length);
    INDArray moments = Nd4j.zeros(DataType.FLOAT, 2L * length);
    AdamPass pass = pass(gradient, moments);
    Random random = new Random(seed);
    for (int step = 1; step <= STEPS; step++) {
      double[] values = new double[length];
      for (int i = 0; i < length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      HostValues.write(values, gradient);
      pass.run(rounding(), constants(step, 1), 2);
      INDArray wide = Nd4j.zeros(DataType.DOUBLE, 1, length);
      HostValues.write(values, wide);
      reference.applyUpdater(wide, step - 1, 0);
      double[] expected = HostValues.doubles(wide);
      double[] update = HostValues.doubles(gradient);
      for (int i = 0; i < length; i++) {
        assertThat(update[i])
            .as("value %d of step %d", i, step)
            // As above, 1 - 0.999 in float.
            .isCloseTo(expected[i], within(1e-5 * RATE));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7})
  void givesTheSameBitsWithAnyNumberOfThreads(int threads) {
    float[] alone = threeSteps(1);
    assertThat(threeSteps(threads)).isEqualTo(alone);
  }

  /** Two vectors in one pass; all that it wrote. */
  private static float[] threeSteps(int threads) {
    Random random = new Random(4);
    int[] lengths = {100_003, 257};
    INDArray[] gradients = new INDArray[lengths.length];
    INDArray[] moments = new INDArray[lengths.length];
    AdamPass pass = new AdamPass();
    for (int k = 0; k < lengths.length; k++) {
      gradients[k] = Nd4j.zeros(DataType.FLOAT, lengths[k]);
      moments[k] = Nd4j.zeros(DataType.FLOAT, 2L * lengths[k]);
      pass.add(gradients[k], moments[k]);
    }
    for (int step = 1; step <= 3; step++) {
      for (INDArray gradient : gradients) {
        double[] values = random.doubles(gradient.length(), -1, 1).toArray();
        HostValues.write(values, gradient);
      }
      pass.run(rounding(), constants(step, 3), threads);
    }
    return HostValues.floats(Nd4j.concat(0, gradients[0], gradients[1], moments[0], moments[1]));
  }

  @Test
  void refusesMomentsOfAnotherLength() {
    AdamPass pass = new AdamPass();
    assertThatThrownBy(() -> pass.add(Nd4j.zeros(DataType.FLOAT, 4), Nd4j.zeros(DataType.FLOAT, 7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Adam takes FLOAT and twice as many moments as gradients, it was given 4 gradients of"
                + " FLOAT and 7 moments of FLOAT");
  }

  private static ComputationGraphConfiguration small(IUpdater updater, Set<String> trainable) {
    GraphAssembler g = new GraphAssembler(3, updater, trainable);
    Activation x = g.input(1, 8, 8);
    x = g.normRelu("a.norm1", g.convolution("a.conv1", Convolution.same(1, 4, 3, true), x));
    x = g.normRelu("b.norm2", g.convolution("b.conv2", Convolution.same(4, 8, 3, true), x));
    x = g.pool("b.pool", Pool.globalAverage(), x);
    g.output("class", new ClassOutput(1), g.linear("b.linear", 3, x));
    return g.configuration();
  }

  private static ComputationGraph graph(Set<String> trainable, boolean flat) {
    ComputationGraph graph = new ComputationGraph(small(new Adam(RATE), trainable));
    graph.init();
    if (flat) {
      FlatUpdater.install(graph);
      assertThat(((FlatUpdater) graph.getUpdater()).isFlat()).isTrue();
    }
    return graph;
  }

  private static MultiDataSet batch(long seed) {
    int examples = 3;
    Random random = new Random(seed);
    INDArray image =
        HostValues.create(
            random.doubles(64L * examples).toArray(), DataType.FLOAT, examples, 1, 8, 8);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, examples, 3);
    for (int n = 0; n < examples; n++) {
      labels.putScalar(n, n, 1);
    }
    return new MultiDataSet(image, labels);
  }

  static Stream<Set<String>> parts() {
    return Stream.of(Set.of("a", "b"), Set.of("b"));
  }

  @ParameterizedTest(name = "learning {0}")
  @MethodSource("parts")
  void trainsAGraphAsDeeplearning4jsUpdaterDoesAndHasTheSameState(Set<String> trainable) {
    ComputationGraph flat = graph(trainable, true);
    ComputationGraph stock = graph(trainable, false);
    for (int step = 0; step < 5; step++) {
      flat.fit(batch(step));
      stock.fit(batch(step));
    }
    assertSame(flat, stock);
    assertThat(((FlatUpdater) flat.getUpdater()).passes()).isEqualTo(5);
  }

  @Test
  void goesOnFromTheStateThatDeeplearning4jsUpdaterSaved() {
    ComputationGraph stock = graph(Set.of("a", "b"), false);
    stock.fit(batch(1));
    ComputationGraph flat = graph(Set.of("a", "b"), true);
    flat.setParams(stock.params());
    flat.getUpdater().setStateViewArray(stock.getUpdater().getStateViewArrayCopy());
    flat.getConfiguration().setIterationCount(stock.getConfiguration().getIterationCount());
    stock.fit(batch(2));
    flat.fit(batch(2));
    assertSame(flat, stock);
    assertThat(((FlatUpdater) flat.getUpdater()).passes()).isEqualTo(1);
  }

  private static void assertSame(ComputationGraph flat, ComputationGraph stock) {
    assertThat(HostValues.floats(flat.params())).containsExactly(HostValues.floats(stock.params()));
    assertThat(HostValues.floats(flat.getUpdater().getStateViewArray()))
        .containsExactly(HostValues.floats(stock.getUpdater().getStateViewArray()));
  }

  static Stream<IUpdater> others() {
    return Stream.of(new AMSGrad(RATE), new Sgd(RATE));
  }

  @ParameterizedTest
  @MethodSource("others")
  void leavesOtherOptimisersToDeeplearning4j(IUpdater updater) {
    ComputationGraph graph = new ComputationGraph(small(updater, Set.of("a", "b")));
    graph.init();
    ComputationGraph stock = new ComputationGraph(small(updater, Set.of("a", "b")));
    stock.init();
    FlatUpdater.install(graph);
    assertThat(((FlatUpdater) graph.getUpdater()).isFlat()).isFalse();
    graph.fit(batch(1));
    stock.fit(batch(1));
    assertThat(HostValues.floats(graph.params()))
        .containsExactly(HostValues.floats(stock.params()));
  }
}
