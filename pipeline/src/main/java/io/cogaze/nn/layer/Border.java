package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Layout;
import java.util.Arrays;
import java.util.OptionalInt;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What crosses between CoGaze's layers and everything else. What comes from outside is looked at
 * value by value, once, where it comes in; what goes out is [N,C,H,W] in C order. Between its own
 * layers CoGaze hands on layouts of its own, and looks at types and shapes alone.
 *
 * @param owner the layer or vertex, for messages
 * @param type of the network
 * @param inside whether what comes is from CoGaze's own layers, see {@link InnerConnections}
 */
record Border(String owner, DataType type, Takes takes, boolean inside) {
  private static final int PLAIN_RANK = 4;

  /** Errors: IllegalArgumentException for a type that CoGaze's layers do not compute in. */
  static void requireSupported(String owner, DataType type) {
    if (type != DataType.FLOAT && type != DataType.DOUBLE) {
      throw new IllegalArgumentException(
          owner
              + " computes in FLOAT or DOUBLE, the type of its network is "
              + type
              + ": give the network's configuration one of them (dataType)");
    }
  }

  /**
   * Errors: IllegalArgumentException that names the layer, what came and what was expected, for
   * another type, shape or size; NotFiniteException for NaN and infinity.
   *
   * @param what the input, for messages
   */
  void check(String what, INDArray array) {
    if (array.dataType() != type) {
      throw new IllegalArgumentException(
          owner
              + " takes "
              + type
              + ", the type of its network, "
              + what
              + " is "
              + array.dataType()
              + ": cast it, or give the network that type");
    }
    for (long size : array.shape()) {
      if (size == 0) {
        throw new IllegalArgumentException(
            owner + " takes " + takes + ", a size of " + what + " is 0: " + shape(array));
      }
    }
    boolean known = inside ? Activations.isKnownRank(array) : isPlainRank(array);
    if (!known || !takes.fits(array.rank())) {
      throw new IllegalArgumentException(
          owner + " takes " + takes + ", " + what + " has shape " + shape(array));
    }
    if (!inside) {
      OptionalInt first = firstNotFinite(array);
      if (first.isPresent()) {
        throw notFinite(what, array, first.getAsInt());
      }
    }
  }

  private static boolean isPlainRank(INDArray array) {
    return array.rank() == 2 || array.rank() == PLAIN_RANK;
  }

  private String shape(INDArray array) {
    return Arrays.toString(
        inside && array.rank() > PLAIN_RANK && Activations.isKnownRank(array)
            ? Activations.shape(array)
            : array.shape());
  }

  private NotFiniteException notFinite(String what, INDArray array, int index) {
    long[] at = new long[array.rank()];
    long rest = index;
    for (int axis = at.length - 1; axis >= 0; axis--) {
      at[axis] = rest % array.size(axis);
      rest /= array.size(axis);
    }
    return new NotFiniteException(
        owner
            + " takes finite numbers, "
            + what
            + " holds "
            + array.getDouble(at)
            + " at "
            + Arrays.toString(at)
            + ": the images hold it, or training diverged (lower the learning rate)");
  }

  /** Where in C order the first value lies that is NaN or infinite. */
  static OptionalInt firstNotFinite(INDArray array) {
    if (array.dataType() == DataType.FLOAT) {
      int[] first = {-1};
      HostValues.inPieces(
          array,
          (from, values) -> {
            while (first[0] < 0 && values.hasRemaining()) {
              if (!Float.isFinite(values.get())) {
                first[0] = Math.toIntExact(from + values.position() - 1);
              }
            }
          });
      return first[0] < 0 ? OptionalInt.empty() : OptionalInt.of(first[0]);
    }
    double[] values = HostValues.doubles(array);
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  /** The same values as everybody takes them: [N,C,H,W] or [N,C] in C order. */
  static INDArray outside(INDArray array, Buffers buffers) {
    return Activations.layout(array) == Layout.PLAIN
        ? array
        : Activations.in(Form.of(array).as(Layout.PLAIN), array, buffers);
  }
}
