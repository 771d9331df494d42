package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where the values of an activation begin: a multiple of {@value AlignedArrays#BYTES}. oneDNN's
 * machine code ends the process when it is given another address, so that it takes only this type.
 * The owner keeps the memory reachable while native code runs.
 */
final class AlignedAddress {
  private final long value;
  private final Object owner;

  private AlignedAddress(long value, Object owner) {
    if (value == 0 || value % AlignedArrays.BYTES != 0) {
      throw new IllegalArgumentException(
          "Address 0x"
              + Long.toHexString(value)
              + " is no multiple of "
              + AlignedArrays.BYTES
              + ": memory for native code must come from Buffers");
    }
    this.value = value;
    this.owner = owner;
  }

  /** Errors: IllegalArgumentException when the array does not begin on a boundary. */
  static AlignedAddress of(INDArray array) {
    return new AlignedAddress(array.data().addressPointer().address(), array);
  }

  /** Errors: IllegalArgumentException when the memory does not begin on a boundary. */
  static AlignedAddress of(NativeFloats floats) {
    return new AlignedAddress(floats.address(), floats);
  }

  long value() {
    return value;
  }

  Object owner() {
    return owner;
  }
}
