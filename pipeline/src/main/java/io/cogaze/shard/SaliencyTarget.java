package io.cogaze.shard;

import java.io.Serializable;

/**
 * A gaze map quantised to 16 bits. The value at pixel i is {@code scale * (values[i] & 0xFFFF)};
 * the values sum to 1 up to rounding. Shape: values[height * width], row-major, row 0 at the top,
 * of the example that holds it.
 */
public record SaliencyTarget(short[] values, float scale) implements Serializable {
  private static final long serialVersionUID = 1L;
}
