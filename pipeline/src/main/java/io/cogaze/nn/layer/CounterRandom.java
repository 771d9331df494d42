package io.cogaze.nn.layer;

import java.nio.charset.StandardCharsets;

/**
 * Random numbers that are a function of a key and a counter, with no state: any thread, in any
 * order, draws the same. The function is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast
 * splittable pseudorandom number generators, OOPSLA 2014), applied to key and counter in turn.
 */
public final class CounterRandom {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long key;

  private CounterRandom(long key) {
    this.key = key;
  }

  /** The generator of a seed. */
  public static CounterRandom of(long seed) {
    return new CounterRandom(mix(seed + GOLDEN_GAMMA));
  }

  /** A generator for a number below this one. */
  public CounterRandom with(long number) {
    return new CounterRandom(mix(key ^ mix(number + GOLDEN_GAMMA)));
  }

  /** A generator for a name below this one. */
  public CounterRandom with(String name) {
    CounterRandom random = this;
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    for (byte value : bytes) {
      random = random.with(value);
    }
    return random.with(bytes.length);
  }

  /** 64 uniform bits for a counter. */
  public long bits(long counter) {
    return mix(key + (counter + 1) * GOLDEN_GAMMA);
  }

  /** Uniform in [0, 1), with 53 bits. */
  public double uniform(long counter) {
    return (bits(counter) >>> 11) * 0x1.0p-53;
  }

  /** Standard normal (Box and Muller); counters of the normal draws of one key stand alone. */
  public double normal(long counter) {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(2 * counter)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(2 * counter + 1));
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
