package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Kernels to test, seeded arrays, and comparisons. */
final class KernelFixtures {
  static final Buffers BUFFERS = Buffers.detached();
  static final Kernel REFERENCE = new Nd4jKernel();
  static final Kernel ONEDNN =
      new OneDnnKernel(REFERENCE, new ConvolutionRule(true), OneDnn.blocked());
  static final Kernel WITHOUT_WINOGRAD =
      new OneDnnKernel(REFERENCE, new ConvolutionRule(false), OneDnn.blocked());
  static final Kernel CHANNELS_LAST =
      new OneDnnKernel(REFERENCE, new ConvolutionRule(false), Layout.CHANNELS_LAST);

  private KernelFixtures() {}

  /** Every kernel, and every layout that one can be made to use. */
  static Stream<Named<Kernel>> kernels() {
    return OneDnn.obstacle().isPresent()
        ? Stream.of(Named.of("reference", REFERENCE))
        : Stream.of(
            Named.of("reference", REFERENCE),
            Named.of("onednn", ONEDNN),
            Named.of("onednn without winograd", WITHOUT_WINOGRAD),
            Named.of("onednn, channels last", CHANNELS_LAST));
  }

  /** Normally distributed, the same for every type. */
  static INDArray random(long seed, DataType type, long... shape) {
    INDArray array = Nd4j.createUninitializedDetached(type, shape);
    Random random = new Random(seed);
    float[] values = new float[(int) array.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    HostValues.write(values, array);
    return array;
  }

  /** What an operation must overwrite. */
  static INDArray overwritten(DataType type, long... shape) {
    return Nd4j.createUninitializedDetached(type, shape).assign(Double.NaN);
  }

  /** The same values in a layout. */
  static INDArray as(INDArray array, Layout layout) {
    INDArray copy = Form.of(array).as(layout).create(BUFFERS);
    Activations.assign(array, copy);
    return copy;
  }

  static double[] values(INDArray array) {
    return HostValues.doubles(array.rank() < 4 ? array : Activations.plain(array, BUFFERS));
  }

  /** Relative L2 distance. */
  static void assertClose(INDArray found, INDArray expected, double tolerance) {
    assertClose(values(found), values(expected), tolerance);
  }

  static void assertClose(double[] found, double[] expected, double tolerance) {
    assertThat(found).hasSameSizeAs(expected);
    double distance = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      distance += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    assertThat(norm).isPositive();
    assertThat(Math.sqrt(distance / norm)).isLessThan(tolerance);
  }
}
