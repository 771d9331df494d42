package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.BUFFERS;
import static io.cogaze.nn.kernel.KernelFixtures.ONEDNN;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** That calling native code directly is safe and gives the same bits again. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
@Tag("native")
class OneDnnKernelTest {
  private static final ConvolutionShape SAME = ConvolutionShape.square(3, 1, 1);

  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  /** Everything that a training step does to a layer, as bits. */
  private static int[] step(long seed, int channels, Buffers buffers) {
    INDArray x = random(seed, DataType.FLOAT, 2, channels, 32, 32);
    INDArray w = random(seed + 1, DataType.FLOAT, 32, channels, 3, 3);
    INDArray b = random(seed + 2, DataType.FLOAT, 32);
    INDArray dw = w.ulike();
    INDArray db = b.ulike();
    INDArray y = ONEDNN.convolution(SAME, x, w, b, buffers);
    Normalised z = ONEDNN.batchNorm(y, b, b, 1e-5, true, buffers);
    INDArray dgamma = b.ulike();
    INDArray dbeta = b.ulike();
    INDArray dy = ONEDNN.batchNormBackward(y, z, b, 1e-5, true, z.y(), dgamma, dbeta, buffers);
    ONEDNN.convolutionBackwardWeights(SAME, x, dy, dw, db, buffers);
    INDArray dx = ONEDNN.convolutionBackwardData(SAME, w, dy, Form.of(x), buffers);
    MaxPooled pooled = ONEDNN.maxPool(ConvolutionShape.square(2, 2, 0), z.y(), buffers);
    INDArray up = ONEDNN.upsample2(pooled.y(), buffers);
    INDArray joined = ONEDNN.concat(new INDArray[] {up, z.y()}, buffers);
    int hash = 1;
    List<Integer> bits = new ArrayList<>();
    for (INDArray array : List.of(y, z.y(), dgamma, dbeta, dw, db, dx, joined)) {
      float[] values =
          HostValues.floats(array.rank() < 4 ? array : Activations.plain(array, BUFFERS));
      hash = 31 * hash + Arrays.hashCode(values);
      bits.add(hash);
      assertThat(values).doesNotContain(Float.NaN);
    }
    return bits.stream().mapToInt(Integer::intValue).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theSameInputGivesTheSameBitsAgainAndOnEveryThread(int threads) throws Exception {
    Callable<int[]> work =
        () -> {
          NativeLibrary.threads(threads);
          return step(7, 64, BUFFERS);
        };
    int[] expected = onNewThread(work);
    assertThat(onNewThread(work)).isEqualTo(expected);
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      List<Future<int[]>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        all.add(pool.submit(work));
      }
      for (int i = 0; i < 20; i++) {
        System.gc();
      }
      for (Future<int[]> one : all) {
        assertThat(one.get()).isEqualTo(expected);
      }
    } finally {
      pool.shutdown();
      NativeLibrary.threads(1);
    }
  }

  private static int[] onNewThread(Callable<int[]> work) throws Exception {
    ExecutorService one = Executors.newSingleThreadExecutor();
    try {
      return one.submit(work).get();
    } finally {
      one.shutdown();
    }
  }

  @Test
  void viewsThatBeginAnywhereGiveTheSameValues() {
    INDArray x = random(1, DataType.FLOAT, 2, 32, 16, 16);
    INDArray w = random(2, DataType.FLOAT, 16, 32, 3, 3);
    INDArray b = random(3, DataType.FLOAT, 16);
    INDArray expected = ONEDNN.convolution(SAME, x, w, b, BUFFERS);
    for (int shift = 1; shift < 4; shift++) {
      INDArray y =
          ONEDNN.convolution(
              SAME, shifted(x, shift), shifted(w, shift), shifted(b, shift), BUFFERS);
      assertThat(HostValues.floats(y)).isEqualTo(HostValues.floats(expected));
      INDArray dw = shifted(w, shift);
      INDArray db = shifted(b, shift);
      ONEDNN.convolutionBackwardWeights(SAME, shifted(x, shift), expected, dw, db, BUFFERS);
      INDArray dx =
          ONEDNN.convolutionBackwardData(
              SAME, shifted(w, shift), shifted(plain(expected), shift), Form.of(x), BUFFERS);
      assertThat(AlignedArrays.isAligned(dx)).isTrue();
    }
  }

  private static INDArray plain(INDArray array) {
    return Activations.plain(array, BUFFERS);
  }

  /** The same values in a view that begins some floats behind a boundary. */
  private static INDArray shifted(INDArray array, int floats) {
    INDArray memory = Buffers.detached().result(DataType.FLOAT, array.length() + floats);
    INDArray view =
        Nd4j.create(
            memory.data(),
            array.shape(),
            array.stride(),
            memory.offset() + floats,
            array.ordering());
    view.assign(array);
    assertThat(AlignedArrays.isAligned(view)).isFalse();
    return view;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aRowOfAppendedChannelsHoldsThemOnceAndItsGradientToo(int examples) {
    WorkspaceConfiguration any = WorkspaceConfiguration.builder().build();
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(any, "APPEND_TEST")) {
      Buffers buffers = new InWorkspace(workspace);
      INDArray first = random(1, DataType.FLOAT, examples, 64, 6, 4);
      INDArray x = KernelFixtures.as(first, OneDnn.blocked());
      INDArray expected = first;
      long address = 0;
      for (int i = 0; i < 3; i++) {
        INDArray more = random(2 + i, DataType.FLOAT, examples, 32, 6, 4);
        INDArray blocks = KernelFixtures.as(more, OneDnn.blocked());
        Form[] inputs = {Form.of(x), Form.of(blocks)};
        x = ONEDNN.append(x, blocks, 64 + 3 * 32, buffers);
        INDArray[] both = {expected, more};
        expected = KernelFixtures.REFERENCE.concat(both, BUFFERS);
        assertThat(KernelFixtures.values(x)).isEqualTo(KernelFixtures.values(expected));
        long begin = x.data().addressPointer().address();
        assertThat(begin).isEqualTo(i == 0 ? begin : address);
        address = begin;
        INDArray dy = KernelFixtures.as(expected, Activations.layout(x));
        INDArray[] parts = ONEDNN.split(dy, inputs, buffers);
        for (int part = 0; part < 2; part++) {
          assertThat(Form.of(parts[part])).isEqualTo(inputs[part]);
          assertThat(KernelFixtures.values(parts[part]))
              .isEqualTo(KernelFixtures.values(both[part]));
        }
      }
    }
  }

  /** Of foreign layers: values that lie as blocks do, in arrays of another shape. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void channelsThatLieAsBlocksDoAreAppendedAndCut(int examples) {
    int block = OneDnn.blocked().block();
    WorkspaceConfiguration any = WorkspaceConfiguration.builder().build();
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace(any, "FOREIGN_TEST")) {
      Buffers buffers = new InWorkspace(workspace);
      for (Layout layout : List.of(Layout.PLAIN, Layout.CHANNELS_LAST)) {
        for (int side : new int[] {1, 3}) {
          INDArray first = random(1, DataType.FLOAT, examples, block, side, side);
          INDArray more = random(2, DataType.FLOAT, examples, block, side, side);
          INDArray x = KernelFixtures.as(first, layout);
          INDArray y = KernelFixtures.as(more, layout);

          INDArray joined = ONEDNN.append(x, y, 4L * block, buffers);

          INDArray[] both = {first, more};
          assertThat(KernelFixtures.values(joined))
              .isEqualTo(KernelFixtures.values(KernelFixtures.REFERENCE.concat(both, BUFFERS)));
          INDArray[] parts = ONEDNN.split(joined, new Form[] {Form.of(x), Form.of(y)}, buffers);
          for (int part = 0; part < 2; part++) {
            assertThat(KernelFixtures.values(parts[part]))
                .isEqualTo(KernelFixtures.values(both[part]));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 1L << 31, 1L << 59, Long.MAX_VALUE})
  void aRowOfAppendedChannelsHasNoMoreThanAnIntCounts(long capacity) {
    INDArray x = random(1, DataType.FLOAT, 1, 16, 2, 2);
    assertThatThrownBy(() -> ONEDNN.append(x, x, capacity, BUFFERS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "A row of appended channels has 0 to 2147483647 of them, its capacity cannot be "
                + capacity);
  }

  /** Memory of the arena. */
  private record InWorkspace(MemoryWorkspace workspace) implements Buffers {
    @Override
    public INDArray result(DataType type, long... shape) {
      return Arena.take(workspace, shape);
    }

    @Override
    public INDArray scratch(DataType type, long... shape) {
      return Arena.take(workspace, shape);
    }

    @Override
    public Optional<INDArray> growing(DataType type, long capacity, long... shape) {
      return Optional.of(Arena.growing(workspace, capacity, shape));
    }

    @Override
    public Optional<INDArray> grown(INDArray array, long... shape) {
      return Arena.grown(workspace, array, shape);
    }

    @Override
    public Optional<INDArray> cut(INDArray array, long... shape) {
      return Arena.cut(workspace, array, shape);
    }
  }

  @Test
  void nativeCodeTakesNoAddressOffABoundary() {
    INDArray view = shifted(random(1, DataType.FLOAT, 1, 1, 4, 4), 1);
    assertThatThrownBy(() -> AlignedAddress.of(view))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no multiple of 64")
        .hasMessageContaining("must come from Buffers");
  }

  @Test
  void arraysWithGapsAreNoActivations() {
    INDArray view =
        random(1, DataType.FLOAT, 2, 4, 8, 8).get(NDArrayIndex.all(), NDArrayIndex.interval(0, 2));
    assertThatThrownBy(() -> ONEDNN.upsample2(view, BUFFERS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("An array of shape [2, 2, 8, 8] and strides")
        .hasMessageContaining("is no activation");
  }

  @Test
  @Tag("long")
  void tenThousandStepsUnderGarbageCollectionKeepTheirBits() {
    int[] expected = step(3, 16, BUFFERS);
    for (int i = 0; i < 10_000; i++) {
      assertThat(step(3, 16, BUFFERS)).isEqualTo(expected);
      if (i % 500 == 0) {
        System.gc();
      }
    }
  }
}
