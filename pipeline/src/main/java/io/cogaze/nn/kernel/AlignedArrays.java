package io.cogaze.nn.kernel;

import java.util.function.LongFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays that start where the fastest machine code wants them to: some of it writes whole cache
 * lines at once and ends the process when they are not aligned.
 */
public final class AlignedArrays {
  /** The alignment: a cache line, and a register of AVX-512. */
  public static final int BYTES = 64;

  private static final boolean IN_HOST_MEMORY = Backend.current() == Backend.CPU;

  private AlignedArrays() {}

  /**
   * An aligned array, contiguous in C order.
   *
   * @param allocate makes an array of rank 1 of the given length, which may be anywhere
   */
  public static INDArray create(long[] shape, LongFunction<INDArray> allocate) {
    long length = 1;
    long[] strides = new long[shape.length];
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = length;
      length *= shape[axis];
    }
    INDArray memory = allocate.apply(length + BYTES / Float.BYTES);
    int width = memory.dataType().width();
    // The host's side of an array on a graphics processor may not exist yet, and nothing asks for
    // it.
    long address = IN_HOST_MEMORY ? memory.data().addressPointer().address() : 0;
    long offset = (BYTES - address % BYTES) % BYTES / width;
    return Nd4j.create(memory.data(), shape, strides, memory.offset() + offset, 'c');
  }

  /** Whether the first value of an array lies on a boundary. */
  public static boolean isAligned(INDArray array) {
    return array.data().addressPointer().address() % BYTES == 0;
  }
}
