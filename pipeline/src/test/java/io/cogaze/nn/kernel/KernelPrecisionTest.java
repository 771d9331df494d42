package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.BUFFERS;
import static io.cogaze.nn.kernel.KernelFixtures.REFERENCE;
import static io.cogaze.nn.kernel.KernelFixtures.assertClose;
import static io.cogaze.nn.kernel.KernelFixtures.overwritten;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Each operation of each kernel in float32 against the reference in float64, at shapes of real
 * layers: the fast kernels take float32 only, so that checks in float64 never see them.
 */
@Tag("native")
class KernelPrecisionTest {
  private static final double OUTPUTS = 1e-5;
  private static final double GRADIENTS = 1e-4;

  /** What the reference gives in float64, by case: every kernel is compared with it. */
  private static final Map<String, INDArray[]> WIDE = new ConcurrentHashMap<>();

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  private static Stream<Arguments> forEachKernel(List<Object[]> cases) {
    return KernelFixtures.kernels()
        .flatMap(
            kernel ->
                cases.stream()
                    .map(
                        values -> {
                          Object[] all = new Object[values.length + 1];
                          all[0] = kernel;
                          System.arraycopy(values, 0, all, 1, values.length);
                          return Arguments.of(all);
                        }));
  }

  static Stream<Arguments> convolutions() {
    return forEachKernel(
        List.of(
            new Object[] {64, 64, 40, 32, 3, 1, true},
            new Object[] {256, 256, 24, 20, 3, 1, true},
            new Object[] {512, 256, 20, 16, 3, 1, true},
            new Object[] {8, 8, 80, 64, 3, 1, true},
            new Object[] {1, 8, 80, 64, 3, 1, true},
            new Object[] {1, 64, 80, 64, 3, 1, true},
            new Object[] {24, 8, 40, 32, 3, 1, true},
            new Object[] {24, 16, 40, 32, 3, 1, false},
            new Object[] {16, 8, 40, 32, 3, 1, false},
            new Object[] {128, 32, 28, 28, 3, 1, false},
            new Object[] {128, 32, 13, 11, 3, 1, false},
            new Object[] {256, 128, 14, 14, 1, 1, false},
            new Object[] {3, 64, 64, 64, 7, 2, false},
            new Object[] {1, 16, 64, 64, 7, 2, false},
            new Object[] {1, 64, 65, 63, 7, 2, false},
            new Object[] {8, 1, 80, 64, 1, 1, true},
            new Object[] {64, 1, 80, 64, 1, 1, true},
            new Object[] {160, 16, 2, 1, 3, 1, false},
            new Object[] {16, 8, 1, 1, 3, 1, true}));
  }

  @ParameterizedTest(name = "{0}: {1}->{2} channels, {3}x{4}, kernel {5}, stride {6}, bias {7}")
  @MethodSource("convolutions")
  void convolutionsAgree(
      Kernel kernel, int in, int out, int height, int width, int k, int stride, boolean bias) {
    ConvolutionShape shape = ConvolutionShape.square(k, stride, k / 2);
    agree(kernel, shape, in, out, height, width, bias);
  }

  static Stream<Arguments> windows() {
    ConvolutionShape.Extent one = ConvolutionShape.Extent.of(1);
    ConvolutionShape.Extent two = ConvolutionShape.Extent.of(2);
    return forEachKernel(
        List.of(
            new Object[] {new ConvolutionShape(ConvolutionShape.Extent.of(3), one, two, two)},
            new Object[] {
              new ConvolutionShape(
                  new ConvolutionShape.Extent(1, 3),
                  new ConvolutionShape.Extent(1, 2),
                  new ConvolutionShape.Extent(0, 1),
                  one)
            },
            new Object[] {new ConvolutionShape(two, two, ConvolutionShape.Extent.of(0), one)},
            new Object[] {
              new ConvolutionShape(
                  new ConvolutionShape.Extent(1, 4), one, ConvolutionShape.Extent.of(0), two)
            },
            new Object[] {
              new ConvolutionShape(
                  new ConvolutionShape.Extent(3, 1),
                  one,
                  new ConvolutionShape.Extent(3, 0),
                  ConvolutionShape.Extent.of(3))
            },
            new Object[] {new ConvolutionShape(one, two, ConvolutionShape.Extent.of(0), two)}));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("windows")
  void anyWindowStrideAndDilationAgree(Kernel kernel, ConvolutionShape shape) {
    agree(kernel, shape, 16, 32, 21, 18, true);
    agree(kernel, shape, 5, 3, 21, 18, false);
  }

  private static void agree(
      Kernel kernel, ConvolutionShape s, int in, int out, int height, int width, boolean bias) {
    String name = List.of(s, in, out, height, width, bias).toString();
    INDArray[] wide =
        WIDE.computeIfAbsent(
            name, key -> convolution(REFERENCE, DataType.DOUBLE, s, in, out, height, width, bias));
    INDArray[] narrow = convolution(kernel, DataType.FLOAT, s, in, out, height, width, bias);
    assertThat(Activations.layout(narrow[1])).isEqualTo(Layout.PLAIN);
    assertClose(narrow[0], wide[0], OUTPUTS);
    for (int i = 1; i < narrow.length; i++) {
      assertClose(narrow[i], wide[i], GRADIENTS);
    }
  }

  /** Output, then gradients of the input, the weights and the bias if there is one. */
  private static INDArray[] convolution(
      Kernel kernel,
      DataType type,
      ConvolutionShape s,
      int in,
      int out,
      int height,
      int width,
      boolean bias) {
    INDArray x = random(1, type, 2, in, height, width);
    INDArray w = random(2, type, out, in, s.kernel().height(), s.kernel().width());
    INDArray b = bias ? random(3, type, out) : null;
    INDArray dy = random(4, type, 2, out, s.outputHeight(height), s.outputWidth(width));
    INDArray dw = overwritten(type, w.shape());
    INDArray db = bias ? overwritten(type, b.shape()) : null;
    INDArray y = kernel.convolution(s, x, w, b, BUFFERS);
    INDArray dx = kernel.convolutionBackwardData(s, w, dy, Form.of(x), BUFFERS);
    kernel.convolutionBackwardWeights(s, x, dy, dw, db, BUFFERS);
    return bias ? new INDArray[] {y, dx, dw, db} : new INDArray[] {y, dx, dw};
  }

  static Stream<Arguments> normalised() {
    // So many values a channel only the blocked layout sums in short pieces.
    return Stream.concat(
        Stream.of(
            Arguments.of(KernelFixtures.ONEDNN, 32, 128, 80, true),
            Arguments.of(KernelFixtures.ONEDNN, 16, 96, 112, false)),
        normalisedByAll());
  }

  private static Stream<Arguments> normalisedByAll() {
    return forEachKernel(
        List.of(
            new Object[] {8, 80, 64, true},
            new Object[] {64, 80, 64, true},
            new Object[] {64, 20, 16, false},
            new Object[] {1920, 5, 4, true},
            new Object[] {24, 20, 16, true},
            new Object[] {16, 2, 2, true},
            new Object[] {16, 1, 1, true},
            new Object[] {3, 5, 7, false}));
  }

  @ParameterizedTest(name = "{0}: {1} channels, {2}x{3}, relu {4}")
  @MethodSource("normalised")
  void batchNormAgrees(Kernel kernel, int channels, int height, int width, boolean relu) {
    INDArray[][] results = new INDArray[2][];
    BatchStatistics[] statistics = new BatchStatistics[2];
    for (int i = 0; i < 2; i++) {
      DataType type = i == 0 ? DataType.DOUBLE : DataType.FLOAT;
      Kernel used = i == 0 ? REFERENCE : kernel;
      INDArray x = random(1, type, 4, channels, height, width).addi(1);
      INDArray gamma = random(2, type, channels).addi(1);
      INDArray beta = random(3, type, channels);
      INDArray dy = random(4, type, 4, channels, height, width);
      INDArray dgamma = overwritten(type, channels);
      INDArray dbeta = overwritten(type, channels);
      Normalised forward = used.batchNorm(x, gamma, beta, 1e-5, relu, BUFFERS);
      INDArray dx =
          used.batchNormBackward(x, forward, gamma, 1e-5, relu, dy, dgamma, dbeta, BUFFERS);
      double[] scale = HostValues.doubles(gamma);
      double[] shift = HostValues.doubles(beta);
      INDArray fixed = used.batchNormInference(x, scale, shift, relu, BUFFERS);
      results[i] = new INDArray[] {forward.y(), fixed, dx, dgamma, dbeta};
      statistics[i] = forward.statistics();
    }
    assertThat(statistics[1].count()).isEqualTo(statistics[0].count());
    assertClose(statistics[1].mean(), statistics[0].mean(), 1e-5);
    assertClose(statistics[1].variance(), statistics[0].variance(), 1e-5);
    for (int i = 0; i < results[0].length; i++) {
      assertClose(results[1][i], results[0][i], i < 2 ? OUTPUTS : GRADIENTS);
    }
  }

  static Stream<Arguments> channels() {
    List<Object[]> cases = new ArrayList<>();
    for (int channels : new int[] {1, 2, 3, 8, 16, 17, 24, 64}) {
      for (int examples = 1; examples <= 3; examples++) {
        cases.add(new Object[] {examples, channels, 16, 12});
        cases.add(new Object[] {examples, channels, 2, 6});
      }
    }
    // Layers of the networks of the paper's size.
    cases.add(new Object[] {2, 64, 160, 128});
    cases.add(new Object[] {2, 8, 320, 256});
    cases.add(new Object[] {1, 3, 320, 256});
    cases.add(new Object[] {2, 512, 20, 16});
    return forEachKernel(cases);
  }

  @ParameterizedTest(name = "{0}: {1} x {2} channels, {3}x{4}")
  @MethodSource("channels")
  void poolingEnlargementSumsAndScalesAgree(
      Kernel kernel, int examples, int channels, int height, int width) {
    String name = "simple " + List.of(examples, channels, height, width);
    long[] shape = {examples, channels, height, width};
    INDArray[] wide = WIDE.computeIfAbsent(name, key -> simple(REFERENCE, DataType.DOUBLE, shape));
    INDArray[] narrow = simple(kernel, DataType.FLOAT, shape);
    for (int i = 0; i < wide.length; i++) {
      assertThat(Activations.shape(narrow[i])).isEqualTo(Activations.shape(wide[i]));
      assertClose(narrow[i], wide[i], OUTPUTS);
    }
  }

  private static INDArray[] simple(Kernel kernel, DataType type, long... shape) {
    ConvolutionShape three = ConvolutionShape.square(3, 2, 1);
    ConvolutionShape two = ConvolutionShape.square(2, 2, 0);
    long examples = shape[0];
    long channels = shape[1];
    // Away from zero: sums of many values of both signs have no digits to compare.
    INDArray x = random(1, type, shape).addi(0.5);
    INDArray other = random(2, type, shape).addi(0.5);
    INDArray small = random(3, type, examples, channels, shape[2] / 2, shape[3] / 2);
    INDArray pooled = random(4, type, examples, channels);
    MaxPooled overlapping = kernel.maxPool(three, x, BUFFERS);
    MaxPooled maximum = kernel.maxPool(two, x, BUFFERS);
    INDArray sum = kernel.addRelu(x, other, BUFFERS);
    double[] scale = HostValues.doubles(pooled);
    double[] shift = HostValues.doubles(random(5, type, examples, channels));
    return new INDArray[] {
      overlapping.y(),
      kernel.maxPoolBackward(three, x, overlapping, small, BUFFERS),
      maximum.y(),
      kernel.maxPoolBackward(two, x, maximum, small, BUFFERS),
      kernel.averagePool(two, x, BUFFERS),
      kernel.averagePoolBackward(two, Form.of(x), small, BUFFERS),
      kernel.globalAverage(x, BUFFERS),
      kernel.globalAverageBackward(Form.of(x), pooled, BUFFERS),
      kernel.upsample2(small, BUFFERS),
      kernel.upsample2Backward(Form.of(small), x, BUFFERS),
      sum,
      kernel.reluBackward(sum, other, Form.of(x), BUFFERS),
      kernel.scaleChannels(x, scale, shift, Form.of(x), BUFFERS),
      HostValues.create(kernel.channelProducts(x, other, BUFFERS), type, examples, channels)
    };
  }

  static Stream<Arguments> joined() {
    return forEachKernel(
        List.of(
            new Object[] {List.of(64, 32)},
            new Object[] {List.of(16, 8, 8)},
            new Object[] {List.of(24, 8)},
            new Object[] {List.of(1, 3, 5)}));
  }

  @ParameterizedTest(name = "{0}: {1} channels")
  @MethodSource("joined")
  void joiningAndSplittingLoseNothing(Kernel kernel, List<Integer> channels) {
    INDArray[] xs = new INDArray[channels.size()];
    Form[] forms = new Form[xs.length];
    for (int i = 0; i < xs.length; i++) {
      INDArray plain = random(i, DataType.FLOAT, 3, channels.get(i), 5, 4);
      xs[i] = KernelFixtures.as(plain, kernel.layout(DataType.FLOAT, channels.get(i)));
      forms[i] = Form.of(xs[i]);
    }
    INDArray y = kernel.concat(xs, BUFFERS);
    INDArray[] parts = kernel.split(y, forms, BUFFERS);
    assertThat(KernelFixtures.values(y))
        .isEqualTo(KernelFixtures.values(REFERENCE.concat(xs, BUFFERS)));
    for (int i = 0; i < xs.length; i++) {
      assertThat(Form.of(parts[i])).isEqualTo(forms[i]);
      assertThat(KernelFixtures.values(parts[i])).isEqualTo(KernelFixtures.values(xs[i]));
    }
  }

  static Stream<Arguments> layouts() {
    return forEachKernel(
        Stream.of(Layout.values())
            .map(layout -> new Object[] {Named.of(layout.name(), layout)})
            .toList());
  }

  @ParameterizedTest(name = "{0}: input {1}")
  @MethodSource("layouts")
  void anyLayoutIsTakenAndGradientsHaveThatOfTheInput(Kernel kernel, Layout layout) {
    ConvolutionShape s = ConvolutionShape.square(3, 1, 1);
    INDArray plain = random(1, DataType.FLOAT, 2, 32, 8, 8);
    INDArray x = KernelFixtures.as(plain, layout);
    INDArray w = random(2, DataType.FLOAT, 16, 32, 3, 3);
    INDArray dy = KernelFixtures.as(random(3, DataType.FLOAT, 2, 16, 8, 8), layout);
    INDArray expected = REFERENCE.convolution(s, plain, w, null, BUFFERS);
    INDArray y = kernel.convolution(s, x, w, null, BUFFERS);
    assertThat(Activations.layout(y)).isEqualTo(kernel.layout(DataType.FLOAT, 16));
    assertClose(y, expected, OUTPUTS);
    INDArray dx = kernel.convolutionBackwardData(s, w, dy, Form.of(x), BUFFERS);
    assertThat(Form.of(dx)).isEqualTo(Form.of(x));
    assertClose(
        dx, REFERENCE.convolutionBackwardData(s, w, dy, Form.of(plain), BUFFERS), GRADIENTS);
  }
}
