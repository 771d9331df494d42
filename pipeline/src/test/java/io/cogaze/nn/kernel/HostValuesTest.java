package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The ways values take between Java and ND4J: on the CPU direct, elsewhere by ND4J's copies. */
class HostValuesTest {
  @BeforeAll
  static void prepare() {
    NativeLibrary.prepare();
  }

  static Stream<INDArray> arrays() {
    NativeLibrary.prepare();
    INDArray dense = Nd4j.rand(DataType.FLOAT, 2, 3, 4, 5);
    return Stream.of(
        dense,
        dense.get(NDArrayIndex.point(1), NDArrayIndex.interval(1, 3)),
        dense.permute(0, 2, 3, 1),
        dense.dup('f'),
        dense.castTo(DataType.DOUBLE).get(NDArrayIndex.all(), NDArrayIndex.point(2)),
        Nd4j.scalar(DataType.FLOAT, 7));
  }

  /** JUnit would close the arrays one by one, and some are views of others. */
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("arrays")
  void bothWaysOfReadingSeeTheSameValuesInCOrder(INDArray array) {
    double[] expected = new double[(int) array.length()];
    INDArray flat = array.dup('c');
    for (int i = 0; i < expected.length; i++) {
      expected[i] = flat.getDouble(i);
    }
    assertThat(HostValues.doubles(array)).isEqualTo(expected);
    assertThat(HostValues.copyDoubles(array)).isEqualTo(expected);
    assertThat(HostValues.floats(array)).isEqualTo(HostValues.copyFloats(array));
  }

  @Test
  void piecesAreAllValuesInCOrderWhereverTheyLie() {
    INDArray large = Nd4j.rand(DataType.FLOAT, 300, 500).transpose();
    FloatBuffer found = FloatBuffer.allocate((int) large.length());

    HostValues.inPieces(
        large,
        (from, values) -> {
          assertThat(from).isEqualTo(found.position());
          found.put(values);
        });

    assertThat(found.array()).isEqualTo(HostValues.floats(large));
  }

  @Test
  void bothWaysOfWritingLeaveTheSameValues() {
    float[] values = {1, 2, 3, 4, 5, 6};
    INDArray direct = Nd4j.zeros(DataType.FLOAT, 2, 3);
    INDArray copied = direct.dup();
    HostValues.write(values, direct);
    HostValues.copy(values, copied);
    assertThat(direct).isEqualTo(copied);
    assertThat(direct.getFloat(1, 0)).isEqualTo(4f);

    double[] wide = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    INDArray whole = Nd4j.zeros(DataType.DOUBLE, 4, 3);
    HostValues.copy(wide, whole.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all()));
    assertThat(HostValues.doubles(whole))
        .containsExactly(0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0, 0, 0);
  }

  @Test
  void refusesAnArrayOfAnotherLength() {
    assertThatThrownBy(() -> HostValues.write(new float[5], Nd4j.zeros(DataType.FLOAT, 2, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot write 5 values");
  }

  @Test
  void aRangeGoesToABufferAndBackWithoutTouchingTheRest() {
    INDArray vector = ramp(10);
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer buffer = bytes.asFloatBuffer().limit(3);

    HostValues.read(vector, 4, buffer);
    assertThat(buffer.hasRemaining()).isFalse();
    assertThat(bytes.getFloat(0)).isEqualTo(4f);
    assertThat(bytes.getFloat(8)).isEqualTo(6f);

    HostValues.write(FloatBuffer.wrap(new float[] {-1, -2}), vector, 8);
    assertThat(HostValues.floats(vector)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, -1, -2);
    assertThatThrownBy(() -> HostValues.read(vector, 9, FloatBuffer.allocate(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot copy values 9 to 11");
  }

  @Test
  void aLargeRangeGoesToMemoryOutsideTheHeapAndBackWithoutTouchingTheRest() {
    INDArray vector = ramp(5000);
    FloatBuffer target =
        ByteBuffer.allocateDirect(4 * 3000).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    FloatBuffer part = target.duplicate().position(5).limit(2005);

    HostValues.read(vector, 700, part);

    assertThat(part.position()).isEqualTo(2005);
    assertThat(target.get(4)).isZero();
    assertThat(target.get(5)).isEqualTo(700);
    assertThat(target.get(2004)).isEqualTo(2699);
    assertThat(target.get(2005)).isZero();

    HostValues.write(target.duplicate().position(5).limit(2005), vector, 1700);

    assertThat(vector.getFloat(1699)).isEqualTo(1699);
    assertThat(vector.getFloat(1700)).isEqualTo(700);
    assertThat(vector.getFloat(3699)).isEqualTo(2699);
    assertThat(vector.getFloat(3700)).isEqualTo(3700);
  }

  private static INDArray ramp(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = i;
    }
    return Nd4j.createFromArray(values);
  }
}
