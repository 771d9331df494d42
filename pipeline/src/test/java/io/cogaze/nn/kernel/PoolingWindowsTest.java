package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.BUFFERS;
import static io.cogaze.nn.kernel.KernelFixtures.REFERENCE;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static io.cogaze.nn.kernel.KernelFixtures.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.nn.kernel.ConvolutionShape.Extent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pooling by windows of every size beside every input: the values of the reference in float64, and
 * nothing written outside of what was asked for.
 */
@Tag("native")
class PoolingWindowsTest {
  private static final int LARGEST = 9;

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  static Stream<Arguments> kernelsAndChannels() {
    return KernelFixtures.kernels()
        .flatMap(kernel -> Stream.of(3, 16).map(channels -> Arguments.of(kernel, channels)));
  }

  @ParameterizedTest(name = "{0}, {1} channels")
  @MethodSource("kernelsAndChannels")
  void windowsWiderThanTheInputStayWithinTheirArrays(Kernel kernel, int channels) {
    for (int size = 1; size <= LARGEST; size++) {
      for (ConvolutionShape shape : windows(size)) {
        boolean isWide = shape.kernel().width() > 1;
        pool(kernel, shape, channels, isWide ? 2 : size, isWide ? size : 2);
      }
    }
  }

  /** Along the columns, along the rows, and along both. */
  private static List<ConvolutionShape> windows(int size) {
    List<ConvolutionShape> shapes = new ArrayList<>();
    for (int k = 2; k <= LARGEST; k++) {
      for (int pad = 0; pad <= k / 2; pad++) {
        for (int stride = 1; stride <= 2 && k <= size + 2 * pad; stride++) {
          shapes.add(window(new Extent(1, k), new Extent(1, stride), new Extent(0, pad)));
          shapes.add(window(new Extent(k, 1), new Extent(stride, 1), new Extent(pad, 0)));
        }
      }
    }
    return shapes;
  }

  private static ConvolutionShape window(Extent kernel, Extent stride, Extent padding) {
    return new ConvolutionShape(kernel, stride, padding, Extent.of(1));
  }

  static Stream<Arguments> kernels() {
    return KernelFixtures.kernels().map(Arguments::of);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kernels")
  void squareWindowsOnTheSmallestInputsStayWithinTheirArrays(Kernel kernel) {
    int[][] kernelPaddingSize = {{3, 1, 1}, {5, 2, 1}, {6, 2, 2}, {7, 3, 1}, {7, 3, 2}, {9, 4, 1}};
    for (int[] c : kernelPaddingSize) {
      for (int channels : new int[] {3, 16}) {
        pool(kernel, ConvolutionShape.square(c[0], 1, c[1]), channels, c[2], c[2]);
      }
    }
  }

  private static void pool(
      Kernel kernel, ConvolutionShape shape, int channels, int height, int width) {
    INDArray[] expected = pool(REFERENCE, DataType.DOUBLE, shape, channels, height, width, BUFFERS);
    GuardedBuffers buffers = new GuardedBuffers();
    INDArray[] found = pool(kernel, DataType.FLOAT, shape, channels, height, width, buffers);
    String[] names = {"maximum", "its gradient", "average", "its gradient"};
    for (int i = 0; i < found.length; i++) {
      double[] wanted = values(expected[i]);
      double[] got = values(found[i]);
      for (int v = 0; v < wanted.length; v++) {
        assertThat(got[v])
            .as("%s of %s, %d x %d", names[i], shape, height, width)
            .isCloseTo(wanted[v], within(1e-5));
      }
    }
    buffers.assertUntouchedOutside();
  }

  private static INDArray[] pool(
      Kernel kernel,
      DataType type,
      ConvolutionShape shape,
      int channels,
      int height,
      int width,
      Buffers buffers) {
    INDArray x = random(1, type, 2, channels, height, width);
    INDArray dy =
        random(2, type, 2, channels, shape.outputHeight(height), shape.outputWidth(width));
    MaxPooled maximum = kernel.maxPool(shape, x, buffers);
    return new INDArray[] {
      maximum.y(),
      kernel.maxPoolBackward(shape, x, maximum, dy, buffers),
      kernel.averagePool(shape, x, buffers),
      kernel.averagePoolBackward(shape, Form.of(x), dy, buffers)
    };
  }
}
