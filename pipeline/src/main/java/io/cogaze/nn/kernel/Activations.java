package io.cogaze.nn.kernel;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Reads the layout of an activation from its array, and moves activations between layouts.
 *
 * <p>{@link Layout#PLAIN} and {@link Layout#CHANNELS_LAST} are both [N,C,H,W] and differ in their
 * strides; where C is 1, or H and W are, an array is both and counts as plain. What lies in blocks
 * has rank 5, what is stacked rank 6; the size of a block is that of their fifth dimension. Arrays
 * [N,C] count as plain with H = W = 1.
 */
public final class Activations {
  private Activations() {}

  /**
   * The layout of an array. Errors: IllegalArgumentException when it is none: another rank, or a
   * view with gaps.
   */
  public static Layout layout(INDArray array) {
    if (array.rank() == 5 && hasBlocks(array) && isDense(array, 0, 1, 2, 3, 4)) {
      return Layout.blocked((int) array.size(4));
    }
    if (array.rank() == 6 && hasBlocks(array) && isDense(array, 0, 1, 2, 3, 4, 5)) {
      return Layout.blocked((int) array.size(4)).stack();
    }
    if (array.rank() == 4) {
      if (isDense(array, 0, 1, 2, 3)) {
        return Layout.PLAIN;
      }
      if (isDense(array, 0, 2, 3, 1)) {
        return Layout.CHANNELS_LAST;
      }
    }
    if (array.rank() == 2 && isDense(array, 0, 1)) {
      return Layout.PLAIN;
    }
    throw new IllegalArgumentException(
        "An array of shape "
            + Arrays.toString(array.shape())
            + " and strides "
            + Arrays.toString(array.stride())
            + " is no activation: expected [N,C], [N,C,H,W] in C order or with channels last, or"
            + " [N,C/B,H,W,B] or [C/B,N,H,W,B,1] with blocks of B = 8 or 16 channels");
  }

  private static boolean hasBlocks(INDArray array) {
    return array.size(4) == Layout.BLOCKED_8.block() || array.size(4) == Layout.BLOCKED_16.block();
  }

  /** Whether some layout has arrays of this rank; blocks have a last size to go with it. */
  public static boolean isKnownRank(INDArray array) {
    return switch (array.rank()) {
      case 2, 4 -> true;
      case 5, 6 -> hasBlocks(array);
      default -> false;
    };
  }

  /** Whether the array is as {@link #layout} wants it. */
  public static boolean isDense(INDArray array) {
    return switch (array.rank()) {
      case 2 -> isDense(array, 0, 1);
      case 4 -> isDense(array, 0, 1, 2, 3) || isDense(array, 0, 2, 3, 1);
      case 5 -> hasBlocks(array) && isDense(array, 0, 1, 2, 3, 4);
      case 6 -> hasBlocks(array) && isDense(array, 0, 1, 2, 3, 4, 5);
      default -> false;
    };
  }

  /** N. */
  public static long examples(INDArray array) {
    return array.size(array.rank() == 6 ? 1 : 0);
  }

  /** C. */
  public static long channels(INDArray array) {
    return switch (array.rank()) {
      case 5 -> array.size(1) * array.size(4);
      case 6 -> array.size(0) * array.size(4);
      default -> array.size(1);
    };
  }

  /** H; 1 for [N,C]. */
  public static long height(INDArray array) {
    return array.rank() == 2 ? 1 : array.size(2);
  }

  /** W; 1 for [N,C]. */
  public static long width(INDArray array) {
    return array.rank() == 2 ? 1 : array.size(3);
  }

  /** [N,C,H,W], whatever the layout. */
  public static long[] shape(INDArray array) {
    return new long[] {examples(array), channels(array), height(array), width(array)};
  }

  /** The same values as [N,C,H,W] in C order: the array itself if it is plain, else a copy. */
  public static INDArray plain(INDArray array, Buffers buffers) {
    if (layout(array) == Layout.PLAIN) {
      return array;
    }
    Form form = Form.of(array);
    INDArray copy = form.as(Layout.PLAIN).scratch(buffers);
    assign(array, copy);
    return copy;
  }

  /** Copies between activations of one logical shape, whatever their layouts. */
  public static void assign(INDArray from, INDArray to) {
    int source = layout(from).block();
    int target = layout(to).block();
    int block = Math.max(source, target);
    if (source != target && Math.min(source, target) > 1) {
      assign(plain(from, Buffers.detached()), to);
    } else if (block == 1) {
      to.assign(from);
    } else {
      blocks(to, block).assign(blocks(from, block));
    }
  }

  /** A new activation of a form with the given values, which are in C order of [N,C,H,W]. */
  public static INDArray create(double[] values, Form form, Buffers buffers) {
    if (form.layout() == Layout.PLAIN) {
      INDArray plain = form.create(buffers);
      HostValues.write(values, plain);
      return plain;
    }
    INDArray plain = form.as(Layout.PLAIN).scratch(buffers);
    HostValues.write(values, plain);
    return in(form, plain, buffers);
  }

  /** The same values in a form of the same size: the array itself if it has it, else a copy. */
  public static INDArray in(Form form, INDArray array, Buffers buffers) {
    if (layout(array) == form.layout()) {
      return array;
    }
    INDArray copy = form.create(buffers);
    assign(array, copy);
    return copy;
  }

  /** Adds one value a channel, in place. */
  public static void addPerChannel(INDArray array, INDArray values) {
    if (array.rank() == 5) {
      INDArray blocks = values.reshape('c', array.size(1), array.size(4));
      Nd4j.exec(new BroadcastAddOp(array, blocks, array, 1, 4));
    } else if (array.rank() == 6) {
      INDArray blocks = values.reshape('c', array.size(0), array.size(4));
      Nd4j.exec(new BroadcastAddOp(array, blocks, array, 0, 4));
    } else {
      Nd4j.exec(new BroadcastAddOp(array, values, array, 1));
    }
  }

  /** A view [N,C/B,B,H,W]. */
  private static INDArray blocks(INDArray array, int block) {
    if (array.rank() == 5) {
      return array.permute(0, 1, 4, 2, 3);
    }
    if (array.rank() == 6) {
      return array.reshape('c', Arrays.copyOf(array.shape(), 5)).permute(1, 0, 4, 2, 3);
    }
    long[] shape = {array.size(0), array.size(1) / block, block, array.size(2), array.size(3)};
    long[] strides = {
      array.stride(0),
      (long) array.stride(1) * block,
      array.stride(1),
      array.stride(2),
      array.stride(3)
    };
    return Nd4j.create(array.data(), shape, strides, array.offset(), array.ordering());
  }

  private static boolean isDense(INDArray array, int... axes) {
    long expected = 1;
    for (int i = axes.length - 1; i >= 0; i--) {
      int axis = axes[i];
      if (array.size(axis) != 1 && array.stride(axis) != expected) {
        return false;
      }
      expected *= array.size(axis);
    }
    return true;
  }
}
