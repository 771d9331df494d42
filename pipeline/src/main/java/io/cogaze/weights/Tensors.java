package io.cogaze.weights;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Named tensors of float32, outside any network, and the notes that came with them.
 *
 * @param values by name, sorted
 * @param metadata free text by key
 */
public record Tensors(SortedMap<String, Tensor> values, SortedMap<String, String> metadata) {

  /**
   * One tensor.
   *
   * @param shape sizes of the axes; empty for a single value
   * @param data C order
   */
  public record Tensor(long[] shape, float[] data) {
    public Tensor {
      long size = 1;
      for (long side : shape) {
        size = Math.multiplyExact(size, side);
      }
      if (size != data.length) {
        throw new IllegalArgumentException(
            "A tensor of shape "
                + Arrays.toString(shape)
                + " holds "
                + size
                + " values, got "
                + data.length);
      }
    }
  }

  public Tensors {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
  }

  /** Tensors without notes. */
  public static Tensors of(SortedMap<String, Tensor> values) {
    return new Tensors(values, new TreeMap<>());
  }

  /** The tensor of a name. Errors: IllegalArgumentException that lists the names there are. */
  public Tensor get(String name) {
    Tensor tensor = values.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "There is no tensor named " + name + "; there are " + values.keySet());
    }
    return tensor;
  }
}
