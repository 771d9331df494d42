package io.cogaze.synthetic;

import java.util.SplittableRandom;

/**
 * A random stream that depends only on (seed, index, purpose), so that every image, patient and
 * table row can be made anywhere, in any order, with the same result. All arithmetic is strict
 * IEEE: the same stream gives the same bits on every machine.
 */
final class Draw {
  private final SplittableRandom random;

  private Draw(long state) {
    this.random = new SplittableRandom(state);
  }

  /** The stream of one purpose (any constant text) of one index. */
  static Draw of(long seed, long index, String purpose) {
    long state = mix(seed + 0x9E3779B97F4A7C15L);
    state = mix(state ^ (index * 0xD1342543DE82EF95L + 0x2545F4914F6CDD1DL));
    for (int i = 0; i < purpose.length(); i++) {
      state = mix(state + purpose.charAt(i) * 0x9E3779B97F4A7C15L);
    }
    return new Draw(state);
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that mixes all bits. */
  static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  long bits() {
    return random.nextLong();
  }

  /** Uniform in [0, bound). */
  int below(int bound) {
    return (int) ((bits() >>> 33) % bound);
  }

  /** Uniform in [0, 1). */
  double unit() {
    return (bits() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [low, high). */
  double between(double low, double high) {
    return low + (high - low) * unit();
  }

  boolean chance(double probability) {
    return unit() < probability;
  }

  /** Standard normal, cut at three deviations (polar method of Marsaglia). */
  double normal() {
    while (true) {
      double a = between(-1, 1);
      double b = between(-1, 1);
      double s = a * a + b * b;
      if (s > 0 && s < 1) {
        double value = a * StrictMath.sqrt(-2 * StrictMath.log(s) / s);
        if (Math.abs(value) <= 3) {
          return value;
        }
      }
    }
  }

  double normal(double mean, double deviation) {
    return mean + deviation * normal();
  }

  /** {@code -1} or {@code 1}. */
  int side() {
    return chance(0.5) ? -1 : 1;
  }
}
