package io.cogaze.train.merge;

import io.cogaze.train.plan.KeyedRandom;
import java.nio.ByteBuffer;

/**
 * Differences of vectors in 16 bits a value with a float32 scale for each block of {@link #BLOCK}
 * values: scale * q, q from -32767 to 32767. A value is rounded up or down at random so that its
 * mean is the value itself, and is never off by more than the scale, which is the block's largest
 * value / 32767. The random number is that of a key and the value's index: the same difference
 * always gives the same bytes, and no state is carried. Alistarh, Grubic, Li, Tomioka, Vojnovic,
 * "QSGD", NeurIPS 2017, section 3.
 */
public final class Delta16 {
  /** Values with a scale of their own. Parts of a vector must begin at multiples of it. */
  public static final int BLOCK = 256;

  private static final int LARGEST = Short.MAX_VALUE;

  private Delta16() {}

  /** Bytes of a difference of this many values. */
  public static long bytes(int length) {
    return (long) Short.BYTES * length + (long) Float.BYTES * ((length + BLOCK - 1) / BLOCK);
  }

  /**
   * Writes {@code reached - start} of the values [from, to).
   *
   * @param from a multiple of {@link #BLOCK}
   * @param key of the random numbers
   */
  public static void write(
      float[] start, float[] reached, int from, int to, long key, ByteBuffer out) {
    for (int block = from; block < to; block += BLOCK) {
      int end = Math.min(to, block + BLOCK);
      double largest = 0;
      for (int i = block; i < end; i++) {
        largest = Math.max(largest, Math.abs((double) reached[i] - start[i]));
      }
      // A float above the quotient, so that no value needs more than the largest number.
      float scale = largest == 0 ? 0 : Math.nextUp((float) (largest / LARGEST));
      out.putFloat(scale);
      for (int i = block; i < end; i++) {
        double steps = scale == 0 ? 0 : ((double) reached[i] - start[i]) / scale;
        double below = Math.floor(steps);
        double up = KeyedRandom.uniform(key, i) < steps - below ? 1 : 0;
        out.putShort((short) (below + up));
      }
    }
  }

  /** Reads the differences of {@code length} values. */
  public static float[] read(ByteBuffer in, int length) {
    float[] differences = new float[length];
    for (int block = 0; block < length; block += BLOCK) {
      float scale = in.getFloat();
      int end = Math.min(length, block + BLOCK);
      for (int i = block; i < end; i++) {
        differences[i] = scale * in.getShort();
      }
    }
    return differences;
  }
}
