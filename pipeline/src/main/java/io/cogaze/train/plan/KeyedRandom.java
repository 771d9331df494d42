package io.cogaze.train.plan;

import java.util.List;

/**
 * Random numbers that depend only on a key, never on the thread or on what was drawn elsewhere.
 * SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
 */
public final class KeyedRandom {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final long FNV_OFFSET = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private long state;

  /** The generator of a key: the same seed and parts always give the same numbers. */
  public KeyedRandom(long seed, Object... key) {
    long mixed = mix(seed + GOLDEN_GAMMA);
    for (Object part : key) {
      mixed = mix(mixed ^ hash(part.toString()));
    }
    state = mixed;
  }

  /** 64 bits of the text's FNV-1a hash, mixed; the same on every machine. */
  public static long hash(String text) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return mix(hash);
  }

  /**
   * The uniform number of a counter, [0, 1): equal to what a generator whose state is the key gives
   * as its draw number {@code index}, without the draws before.
   */
  public static double uniform(long key, long index) {
    return (mix(key + (index + 1) * GOLDEN_GAMMA) >>> 11) * 0x1p-53;
  }

  /** The next 64 bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** A number of [0, bound), every one equally likely up to 2^-31. */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("The bound must be positive but is " + bound);
    }
    return (int) (((nextLong() >>> 33) * bound) >>> 31);
  }

  /** Brings a list into random order (Fisher and Yates). */
  public <T> void shuffle(List<T> list) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      T swap = list.get(i);
      list.set(i, list.get(j));
      list.set(j, swap);
    }
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
