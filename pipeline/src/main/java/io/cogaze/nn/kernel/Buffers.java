package io.cogaze.nn.kernel;

import java.util.Optional;
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

  /**
   * A result with memory behind it that {@link #grown} may use, if there is such memory.
   *
   * @param capacity values to which it may grow
   */
  Optional<INDArray> growing(DataType type, long capacity, long... shape);

  /**
   * An array that begins where another one does and has more values, if that one can grow and did
   * not yet. It lives at least as long as a result asked for now.
   */
  Optional<INDArray> grown(INDArray array, long... shape);

  /**
   * An array that begins where another one does and has fewer values; it lives as a result does.
   */
  Optional<INDArray> cut(INDArray array, long... shape);

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
    };
  }
}
