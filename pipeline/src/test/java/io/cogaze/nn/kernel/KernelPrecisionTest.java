package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Each operation in float32 against itself in float64, at shapes of real layers: the fast
 * convolutions take float32 only, so that checks in float64 never see them.
 */
class KernelPrecisionTest {
  private static final Kernel KERNEL = Kernels.get();
  private static final Buffers BUFFERS = Buffers.detached();

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  @ParameterizedTest(name = "{0}->{1} channels, {2}x{3}, kernel {4}, stride {5}, bias {6}")
  @CsvSource({
    "64, 64, 40, 32, 3, 1, true",
    "8, 8, 80, 64, 3, 1, true",
    "1, 8, 80, 64, 3, 1, true",
    "24, 8, 40, 32, 3, 1, true",
    "128, 32, 28, 28, 3, 1, false",
    "256, 128, 14, 14, 1, 1, false",
    "3, 64, 64, 64, 7, 2, false",
    "1, 16, 64, 64, 7, 2, false",
    "8, 1, 80, 64, 1, 1, true",
    "160, 16, 2, 1, 3, 1, false",
    "16, 8, 1, 1, 3, 1, true"
  })
  void convolutionsAgree(int in, int out, int height, int width, int k, int stride, boolean bias) {
    ConvolutionShape shape = ConvolutionShape.square(k, stride, k / 2);
    INDArray x = random(1, 2, in, height, width);
    INDArray w = random(2, out, in, k, k);
    INDArray b = bias ? random(3, out) : null;
    INDArray dy = random(4, 2, out, shape.outputHeight(height), shape.outputWidth(width));
    INDArray[] narrow = convolution(DataType.FLOAT, shape, x, w, b, dy);
    INDArray[] wide = convolution(DataType.DOUBLE, shape, x, w, b, dy);
    for (int i = 0; i < wide.length; i++) {
      assertAgree(narrow[i], wide[i]);
    }
  }

  /** Output, then gradients of the input, the weights and the bias if there is one. */
  private static INDArray[] convolution(
      DataType type, ConvolutionShape shape, INDArray x, INDArray w, INDArray b, INDArray dy) {
    INDArray input = x.castTo(type);
    INDArray weights = w.castTo(type);
    INDArray gradient = dy.castTo(type);
    INDArray dw = empty(type, w.shape());
    INDArray db = b == null ? null : empty(type, b.shape());
    INDArray y =
        KERNEL.convolution(shape, input, weights, b == null ? null : b.castTo(type), BUFFERS);
    INDArray dx = KERNEL.convolutionBackwardData(shape, weights, gradient, Form.of(input), BUFFERS);
    KERNEL.convolutionBackwardWeights(shape, input, gradient, dw, db, BUFFERS);
    return b == null ? new INDArray[] {y, dx, dw} : new INDArray[] {y, dx, dw, db};
  }

  static Stream<Arguments> normalised() {
    return Stream.of(
        Arguments.of(8, 80, 64, true),
        Arguments.of(64, 20, 16, true),
        Arguments.of(64, 20, 16, false),
        Arguments.of(16, 2, 2, true),
        Arguments.of(16, 1, 1, true),
        Arguments.of(3, 5, 7, false));
  }

  @ParameterizedTest(name = "{0} channels, {1}x{2}, relu {3}")
  @MethodSource("normalised")
  void batchNormAgreesAlsoFarFromZero(int channels, int height, int width, boolean relu) {
    INDArray x = random(1, 4, channels, height, width).addi(10);
    INDArray gamma = random(2, channels).addi(1);
    INDArray beta = random(3, channels);
    INDArray dy = random(4, 4, channels, height, width);
    INDArray[] narrow = batchNorm(DataType.FLOAT, x, gamma, beta, dy, relu);
    INDArray[] wide = batchNorm(DataType.DOUBLE, x, gamma, beta, dy, relu);
    for (int i = 0; i < wide.length; i++) {
      assertAgree(narrow[i], wide[i]);
    }
  }

  private static INDArray[] batchNorm(
      DataType type, INDArray x, INDArray gamma, INDArray beta, INDArray dy, boolean relu) {
    INDArray input = x.castTo(type);
    INDArray dgamma = empty(type, gamma.shape());
    INDArray dbeta = empty(type, beta.shape());
    Normalised forward =
        KERNEL.batchNorm(input, gamma.castTo(type), beta.castTo(type), 1e-5, relu, BUFFERS);
    INDArray dx =
        KERNEL.batchNormBackward(
            input,
            forward,
            gamma.castTo(type),
            1e-5,
            relu,
            dy.castTo(type).dup(),
            dgamma,
            dbeta,
            BUFFERS);
    return new INDArray[] {forward.y(), dx, dgamma, dbeta};
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 16})
  void poolingAndEnlargementAgree(int channels) {
    ConvolutionShape three = ConvolutionShape.square(3, 2, 1);
    ConvolutionShape two = ConvolutionShape.square(2, 2, 0);
    DataType type = DataType.FLOAT;
    INDArray x = random(1, 2, channels, 16, 12);
    INDArray narrow = x.castTo(type);
    INDArray small = random(2, 2, channels, 8, 6);
    assertAgree(KERNEL.maxPool(three, narrow, BUFFERS).y(), KERNEL.maxPool(three, x, BUFFERS).y());
    INDArray average = KERNEL.averagePool(two, x, BUFFERS);
    assertAgree(KERNEL.averagePool(two, narrow, BUFFERS), average);
    assertAgree(
        KERNEL.upsample2Backward(Form.of(small.castTo(type)), narrow, BUFFERS), average.mul(4));
    INDArray large = KERNEL.upsample2(small.castTo(type), BUFFERS);
    INDArray wide = KERNEL.averagePoolBackward(two, Form.of(x), small, BUFFERS);
    assertAgree(large, wide.mul(4));
  }

  private static INDArray random(long seed, long... shape) {
    INDArray array = empty(DataType.DOUBLE, shape);
    Random random = new Random(seed);
    double[] values = new double[(int) array.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    HostValues.write(values, array);
    return array;
  }

  /** Filled with what an operation must overwrite. */
  private static INDArray empty(DataType type, long... shape) {
    return Nd4j.create(type, shape).assign(Double.NaN);
  }

  private static void assertAgree(INDArray narrow, INDArray wide) {
    double[] found =
        HostValues.doubles(narrow.rank() < 4 ? narrow : Activations.plain(narrow, BUFFERS));
    double[] expected = HostValues.doubles(wide);
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      distance += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    assertThat(Math.sqrt(distance)).isLessThan(2e-5 * Math.max(1, Math.sqrt(norm)));
  }
}
