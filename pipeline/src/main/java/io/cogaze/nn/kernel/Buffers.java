package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where a kernel takes memory. Every array is contiguous in C order, starts at a multiple of
 * {@value AlignedArrays#BYTES} bytes and is not cleared.
 */
public interface Buffers {
  /** An array that outlives the call: an output, or what the backward pass wants of it. */
  INDArray result(DataType type, long... shape);

  /** An array for the time of the call. */
  INDArray scratch(DataType type, long... shape);

  /** Memory of its own for each array, freed with it. */
  static Buffers detached() {
    return new Buffers() {
      @Override
      public INDArray result(DataType type, long... shape) {
        return AlignedArrays.create(
            shape, length -> Nd4j.createUninitializedDetached(type, length));
      }

      @Override
      public INDArray scratch(DataType type, long... shape) {
        return result(type, shape);
      }
    };
  }
}
