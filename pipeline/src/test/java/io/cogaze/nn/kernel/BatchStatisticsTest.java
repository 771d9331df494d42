package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.BUFFERS;
import static io.cogaze.nn.kernel.KernelFixtures.ONEDNN;
import static io.cogaze.nn.kernel.KernelFixtures.as;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The statistics of a batch at the sizes of the real layers, against sums in float64. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
@Tag("native")
class BatchStatisticsTest {
  private static final double MOMENTUM = 0.1;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(2);
  }

  static Stream<Arguments> sizes() {
    return Stream.of(
            new int[] {2, 64, 320, 256},
            new int[] {2, 128, 160, 128},
            new int[] {2, 256, 80, 64},
            new int[] {2, 1024, 20, 16},
            new int[] {8, 64, 112, 112},
            new int[] {8, 128, 56, 56},
            new int[] {8, 1920, 7, 7})
        .flatMap(
            size ->
                Stream.of(Layout.values())
                    .map(layout -> Arguments.of(layout, size[0], size[1], size[2], size[3])));
  }

  @ParameterizedTest(name = "{0} [{1},{2},{3},{4}]")
  @MethodSource("sizes")
  void movesRunningStatisticsAsPyTorchsRuleDoes(Layout layout, int n, int c, int h, int w) {
    INDArray x = random(n + c, DataType.FLOAT, n, c, h, w);
    // Convolutions give means far from 0 beside the deviation.
    x.addi(1.5);
    INDArray ones = random(1, DataType.FLOAT, c).assign(1);
    BatchStatistics found =
        ONEDNN.batchNorm(as(x, layout), ones, ones, 1e-5, true, BUFFERS).statistics();
    float[] values = HostValues.floats(x);
    int area = h * w;
    double worst = 0;
    for (int channel = 0; channel < c; channel++) {
      double sum = 0;
      for (int example = 0; example < n; example++) {
        int from = (example * c + channel) * area;
        for (int i = from; i < from + area; i++) {
          sum += values[i];
        }
      }
      double mean = sum / (n * (double) area);
      double squares = 0;
      for (int example = 0; example < n; example++) {
        int from = (example * c + channel) * area;
        for (int i = from; i < from + area; i++) {
          squares += (values[i] - mean) * (values[i] - mean);
        }
      }
      double unbiased = squares / (n * (double) area - 1);
      double foundUnbiased = found.variance()[channel] * found.unbiased();
      worst = Math.max(worst, Math.abs(foundUnbiased / unbiased - 1));
      assertThat(running(0, found.mean()[channel])).isCloseTo(running(0, mean), within(1e-6));
      assertThat(running(1, foundUnbiased)).isCloseTo(running(1, unbiased), within(1e-6));
    }
    // oneDNN sums in float32; this is where running statistics end that see such batches for ever.
    assertThat(worst).isLessThan(4e-6);
  }

  static Stream<Arguments> manyValues() {
    return Stream.of(OneDnn.blocked(), OneDnn.blocked().stack())
        .flatMap(
            layout ->
                Stream.of(
                    Arguments.of(layout, 2, 32, 320, 256, true),
                    Arguments.of(layout, 3, 48, 128, 96, false)));
  }

  /**
   * What a constant in a gradient is worth: it is the same in every pixel, so that it adds up in
   * the weights below, where the gradient itself cancels. The sum of a batch norm's gradient over a
   * channel is 0 in theory.
   */
  @ParameterizedTest(name = "{0} [{1},{2},{3},{4}], relu {5}")
  @MethodSource("manyValues")
  void gradientsOfManyValuesLeaveNothingInTheMean(
      Layout layout, int n, int c, int h, int w, boolean relu) {
    Kernel kernel = ONEDNN;
    INDArray plain = random(7, DataType.FLOAT, n, c, h, w).addi(1.5);
    INDArray dy = random(8, DataType.FLOAT, n, c, h, w).addi(1);
    INDArray gamma = random(9, DataType.FLOAT, c).addi(2);
    INDArray beta = random(10, DataType.FLOAT, c);
    INDArray dgamma = random(11, DataType.FLOAT, c);
    INDArray dbeta = random(12, DataType.FLOAT, c);
    INDArray x = as(plain, layout);
    Normalised forward = kernel.batchNorm(x, gamma, beta, 1e-5, relu, BUFFERS);
    double[] dx =
        KernelFixtures.values(
            kernel.batchNormBackward(
                x, forward, gamma, 1e-5, relu, as(dy, layout), dgamma, dbeta, BUFFERS));
    double[] y = KernelFixtures.values(forward.y());
    double[] given = HostValues.doubles(dy);
    double[] scale = HostValues.doubles(gamma);
    double[] shift = HostValues.doubles(beta);
    int area = h * w;
    for (int channel = 0; channel < c; channel++) {
      double left = 0;
      double size = 0;
      double sum = 0;
      double product = 0;
      double absolute = 0;
      for (int i = 0; i < n * area; i++) {
        int at = (i / area * c + channel) * area + i % area;
        left += dx[at];
        size += Math.abs(dx[at]);
        double passed = relu && y[at] <= 0 ? 0 : given[at];
        sum += passed;
        product += passed * (y[at] - shift[channel]) / scale[channel];
        absolute += Math.abs(passed);
      }
      assertThat(Math.abs(left) / size).as("mean of channel " + channel).isLessThan(5e-7);
      assertThat(dbeta.getDouble(channel)).isCloseTo(sum, within(3e-7 * absolute));
      assertThat(dgamma.getDouble(channel)).isCloseTo(product, within(1e-6 * absolute));
    }
  }

  private static double running(double before, double batch) {
    return (1 - MOMENTUM) * before + MOMENTUM * batch;
  }
}
