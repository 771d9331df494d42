package io.cogaze.nn.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays with known values before and behind them, so that writes outside of them are seen. */
final class GuardedBuffers implements Buffers {
  private static final int GUARD = 4096;
  private static final float MARK = 1234.5f;

  private final List<INDArray> whole = new ArrayList<>();
  private final List<INDArray> arrays = new ArrayList<>();

  @Override
  public INDArray result(DataType type, long... shape) {
    INDArray[] memory = new INDArray[1];
    long[] strides = new long[shape.length];
    long length = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = length;
      length *= shape[axis];
    }
    INDArray aligned =
        AlignedArrays.create(
            new long[] {length + 2 * GUARD},
            size -> {
              memory[0] = Nd4j.createUninitializedDetached(type, size).assign(MARK);
              return memory[0];
            });
    INDArray array = Nd4j.create(aligned.data(), shape, strides, aligned.offset() + GUARD, 'c');
    whole.add(memory[0]);
    arrays.add(array);
    return array;
  }

  @Override
  public INDArray scratch(DataType type, long... shape) {
    return result(type, shape);
  }

  @Override
  public Optional<INDArray> growing(DataType type, long capacity, long... shape) {
    return Optional.empty();
  }

  @Override
  public Optional<INDArray> grown(INDArray array, long... shape) {
    return Optional.empty();
  }

  @Override
  public Optional<INDArray> cut(INDArray array, long... shape) {
    return Optional.empty();
  }

  /** Fails when anything was written outside of the arrays that were handed out. */
  void assertUntouchedOutside() {
    assertThat(arrays).isNotEmpty();
    for (int k = 0; k < arrays.size(); k++) {
      double[] values = HostValues.doubles(whole.get(k));
      long from = arrays.get(k).offset() - whole.get(k).offset();
      long to = from + arrays.get(k).length();
      int touched = 0;
      for (int i = 0; i < values.length; i++) {
        if ((i < from || i >= to) && values[i] != MARK) {
          touched++;
        }
      }
      assertThat(touched).as("values written outside of an array").isZero();
    }
  }
}
