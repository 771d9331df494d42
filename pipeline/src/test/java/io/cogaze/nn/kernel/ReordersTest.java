package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.KernelFixtures.BUFFERS;
import static io.cogaze.nn.kernel.KernelFixtures.as;
import static io.cogaze.nn.kernel.KernelFixtures.random;
import static io.cogaze.nn.kernel.KernelFixtures.values;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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

/** Every layout into every other one, of sizes where some of them are the same memory. */
@Tag("native")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class ReordersTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
  }

  static Stream<Arguments> pairs() {
    return Stream.of(Layout.values())
        .flatMap(from -> Stream.of(Layout.values()).map(to -> Arguments.of(from, to)));
  }

  private static List<long[]> sizes(Layout from, Layout to) {
    return Stream.of(
            new long[] {2, 48, 3, 5},
            new long[] {2, 16, 4, 3},
            new long[] {3, 8, 2, 7},
            new long[] {2, 16, 1, 1},
            new long[] {3, 8, 1, 1},
            new long[] {2, 3, 5, 2},
            new long[] {2, 1, 3, 4})
        .filter(size -> size[1] % from.block() == 0 && size[1] % to.block() == 0)
        .toList();
  }

  @ParameterizedTest(name = "{0} to {1}")
  @MethodSource("pairs")
  void valuesAreTheSameInAnotherLayout(Layout from, Layout to) {
    for (long[] size : sizes(from, to)) {
      INDArray plain = random(1, DataType.FLOAT, size);
      INDArray source = as(plain, from);
      Form wanted = Form.of(plain).as(to);

      INDArray result = Reorders.result(source, wanted, BUFFERS);
      INDArray operand = Reorders.as(source, wanted, BUFFERS);

      assertThat(values(result)).isEqualTo(values(plain));
      // An operand may keep its shape where only the memory's order counts.
      assertThat(HostValues.floats(operand.dup('c')).length).isEqualTo((int) wanted.length());
      assertThat(AlignedArrays.isAligned(operand)).isTrue();
      assertThat(values(operand)).isEqualTo(values(plain));
      INDArray assigned = wanted.create(BUFFERS);
      Activations.assign(source, assigned);
      assertThat(values(assigned)).isEqualTo(values(plain));
    }
  }
}
