package io.cogaze.nn.kernel;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Aligned native memory of a fixed number of floats, freed when nothing holds it any more. */
final class NativeFloats {
  private static final int SLACK = AlignedArrays.BYTES / Float.BYTES;

  private final FloatPointer owned;
  private final FloatPointer aligned;
  private final long capacity;

  NativeFloats(long capacity) {
    this.capacity = capacity;
    this.owned = new FloatPointer(capacity + SLACK);
    long beyond = owned.address() % AlignedArrays.BYTES;
    long skip = beyond == 0 ? 0 : (AlignedArrays.BYTES - beyond) / Float.BYTES;
    this.aligned = NativeMemory.floats(owned, skip, capacity);
  }

  long capacity() {
    return capacity;
  }

  long address() {
    return aligned.address();
  }

  void put(double[] values) {
    for (int i = 0; i < values.length; i++) {
      aligned.put(i, (float) values[i]);
    }
  }

  void put(float[] values) {
    aligned.put(values, 0, values.length);
  }

  float[] floats(int length) {
    float[] values = new float[length];
    aligned.get(values);
    return values;
  }

  double[] doubles(int length) {
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = aligned.get(i);
    }
    return values;
  }

  /** Copies the values of an array that is contiguous. */
  void copyFrom(INDArray array) {
    requireFits(array);
    Pointer.memcpy(aligned, array.data().addressPointer(), array.length() * Float.BYTES);
  }

  /** Overwrites an array that is contiguous. */
  void copyTo(INDArray array) {
    requireFits(array);
    Pointer.memcpy(array.data().addressPointer(), aligned, array.length() * Float.BYTES);
  }

  private void requireFits(INDArray array) {
    if (array.length() > capacity) {
      throw new IllegalArgumentException(
          array.length() + " values do not fit into native memory of " + capacity);
    }
  }
}
