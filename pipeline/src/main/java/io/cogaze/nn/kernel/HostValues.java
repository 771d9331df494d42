package io.cogaze.nn.kernel;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Copies between ND4J arrays of FLOAT or DOUBLE and Java arrays, in C order, in one piece. On the
 * CPU straight from and to the array's memory; where arrays live on a graphics processor, by ND4J's
 * own copies, which know which side holds the newest values.
 */
public final class HostValues {
  /** Values from which on a call into the C library pays. */
  private static final int LARGE = 1024;

  private static final int PIECE = 1 << 16;

  private static final boolean DIRECT = Backend.current() == Backend.CPU;

  private HostValues() {}

  /** The values of an array. */
  public static float[] floats(INDArray array) {
    if (array.dataType() != DataType.FLOAT) {
      double[] wide = doubles(array);
      float[] values = new float[wide.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) wide[i];
      }
      return values;
    }
    if (!DIRECT) {
      return copyFloats(array);
    }
    float[] values = new float[Math.toIntExact(array.length())];
    if (values.length > 0) {
      INDArray dense = contiguous(array);
      try (FloatPointer pointer = new FloatPointer(dense.data().addressPointer())) {
        pointer.get(values);
      }
    }
    return values;
  }

  /**
   * Copies values [from, from + target.remaining()) of a FLOAT array that is contiguous in C order.
   */
  public static void read(INDArray array, long from, FloatBuffer target) {
    int length = requireRange(array, from, target.remaining());
    if (!DIRECT) {
      target.put(copyFloats(array.ravel().get(NDArrayIndex.interval(from, from + length))));
    } else if (length > 0) {
      try (FloatPointer pointer = new FloatPointer(array.data().addressPointer())) {
        move(pointer.position(from), target, length, false);
      }
    }
  }

  /** What is done with a piece of an array's values, which begins at a place in C order. */
  @FunctionalInterface
  public interface Piece {
    /** The buffer is used again for the next piece. */
    void take(long from, FloatBuffer values);
  }

  /** Shows all values of a FLOAT array in C order, piece by piece: the heap holds one at a time. */
  public static void inPieces(INDArray array, Piece piece) {
    INDArray dense = contiguous(array);
    long length = dense.length();
    FloatBuffer values = FloatBuffer.allocate((int) Math.min(length, PIECE));
    for (long from = 0; from < length; from += PIECE) {
      read(dense, from, values.clear().limit((int) Math.min(length - from, PIECE)));
      piece.take(from, values.flip());
    }
  }

  /** Overwrites values [from, from + source.remaining()), the inverse of {@link #read}. */
  public static void write(FloatBuffer source, INDArray array, long from) {
    int length = requireRange(array, from, source.remaining());
    if (length == 0) {
      return;
    }
    if (!DIRECT) {
      float[] values = new float[length];
      source.get(values);
      copy(values, array.ravel().get(NDArrayIndex.interval(from, from + length)));
      return;
    }
    try (FloatPointer pointer = new FloatPointer(array.data().addressPointer())) {
      move(pointer.position(from), source, length, true);
    }
    Nd4j.getAffinityManager().tagLocation(array, AffinityManager.Location.HOST);
  }

  /**
   * Copies between an array's memory and a buffer, which goes on behind the values. Between memory
   * outside the heap by the C library, whose copy is several times as fast as Java's where places
   * are not multiples of 8 bytes.
   */
  private static void move(FloatPointer values, FloatBuffer buffer, int length, boolean toArray) {
    values.limit(values.position() + length);
    if (buffer.isDirect() && length >= LARGE) {
      // From its position on: a pointer to a buffer further on is not where one would think.
      try (FloatPointer other = new FloatPointer(buffer.slice())) {
        other.position(0).limit(length);
        if (toArray) {
          values.put((Pointer) other);
        } else {
          other.put((Pointer) values);
        }
      }
      buffer.position(buffer.position() + length);
      return;
    }
    FloatBuffer window = values.asBuffer();
    if (toArray) {
      window.put(buffer);
    } else {
      buffer.put(window);
    }
  }

  private static int requireRange(INDArray array, long from, int length) {
    if (array.dataType() != DataType.FLOAT
        || !isContiguous(array)
        || from < 0
        || from + length > array.length()) {
      throw new IllegalArgumentException(
          "Cannot copy values "
              + from
              + " to "
              + (from + length)
              + " of "
              + array.shapeInfoToString()
              + ": it must be FLOAT, contiguous in C order and that long");
    }
    return length;
  }

  /** The values of an array, widened where it holds floats. */
  public static double[] doubles(INDArray array) {
    if (array.dataType() == DataType.FLOAT) {
      float[] narrow = floats(array);
      double[] values = new double[narrow.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = narrow[i];
      }
      return values;
    }
    if (array.dataType() != DataType.DOUBLE) {
      return doubles(array.castTo(DataType.DOUBLE));
    }
    if (!DIRECT) {
      return copyDoubles(array);
    }
    double[] values = new double[Math.toIntExact(array.length())];
    if (values.length > 0) {
      INDArray dense = contiguous(array);
      try (DoublePointer pointer = new DoublePointer(dense.data().addressPointer())) {
        pointer.get(values);
      }
    }
    return values;
  }

  /**
   * Overwrites an array that is contiguous in C order. Errors: IllegalArgumentException for another
   * type than FLOAT or DOUBLE.
   */
  public static void write(double[] values, INDArray array) {
    requireSupported(array);
    if (array.dataType() == DataType.DOUBLE) {
      requireWritable(values.length, array);
      if (!DIRECT) {
        copy(values, array);
        return;
      }
      if (values.length > 0) {
        try (DoublePointer pointer = new DoublePointer(array.data().addressPointer())) {
          pointer.put(values);
        }
      }
      Nd4j.getAffinityManager().tagLocation(array, AffinityManager.Location.HOST);
      return;
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    write(narrow, array);
  }

  /**
   * Overwrites an array that is contiguous in C order. Errors: IllegalArgumentException for another
   * type than FLOAT or DOUBLE.
   */
  public static void write(float[] values, INDArray array) {
    requireSupported(array);
    if (array.dataType() != DataType.FLOAT) {
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      write(wide, array);
      return;
    }
    requireWritable(values.length, array);
    if (!DIRECT) {
      copy(values, array);
      return;
    }
    if (values.length > 0) {
      try (FloatPointer pointer = new FloatPointer(array.data().addressPointer())) {
        pointer.put(values);
      }
    }
    Nd4j.getAffinityManager().tagLocation(array, AffinityManager.Location.HOST);
  }

  /** A new array of the type, in the current workspace if one is open. */
  public static INDArray create(double[] values, DataType type, long... shape) {
    INDArray array = Nd4j.createUninitialized(type, shape, 'c');
    write(values, array);
    return array;
  }

  static float[] copyFloats(INDArray array) {
    return array.isEmpty() ? new float[0] : array.dup('c').data().asFloat();
  }

  static double[] copyDoubles(INDArray array) {
    return array.isEmpty() ? new double[0] : array.dup('c').data().asDouble();
  }

  static void copy(float[] values, INDArray array) {
    if (values.length > 0) {
      array.assign(Nd4j.createFromArray(values).reshape('c', array.shape()));
    }
  }

  static void copy(double[] values, INDArray array) {
    if (values.length > 0) {
      array.assign(Nd4j.createFromArray(values).reshape('c', array.shape()));
    }
  }

  private static void requireSupported(INDArray array) {
    if (array.dataType() != DataType.FLOAT && array.dataType() != DataType.DOUBLE) {
      throw new IllegalArgumentException(
          "Cannot write to an array of " + array.dataType() + ": FLOAT or DOUBLE is expected");
    }
  }

  private static void requireWritable(int length, INDArray array) {
    if (array.length() != length || !isContiguous(array)) {
      throw new IllegalArgumentException(
          "Cannot write "
              + length
              + " values to an array of "
              + array.shapeInfoToString()
              + ": it must have that length and be contiguous in C order");
    }
  }

  private static INDArray contiguous(INDArray array) {
    INDArray dense = isContiguous(array) ? array : array.dup('c');
    Nd4j.getAffinityManager().ensureLocation(dense, AffinityManager.Location.HOST);
    return dense;
  }

  private static boolean isContiguous(INDArray array) {
    if (array.rank() <= 1) {
      return array.rank() == 0 || array.length() <= 1 || array.stride(0) == 1;
    }
    long expected = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      if (array.size(axis) != 1 && array.stride(axis) != expected) {
        return false;
      }
      expected *= array.size(axis);
    }
    return true;
  }
}
