package io.cogaze.synthetic;

/** Smooth shapes made of exact arithmetic only, so that pictures are bit-equal on every machine. */
final class Curve {
  private static final int TABLE = 2048;
  private static final double SPAN = 9;
  private static final float[] BELL = new float[TABLE + 2];

  static {
    for (int i = 0; i < BELL.length; i++) {
      BELL[i] = (float) StrictMath.exp(-0.5 * SPAN * i / TABLE);
    }
  }

  private Curve() {}

  /** 0 below -1, 1 above 1, a cubic between. */
  static double step(double x) {
    if (x <= -1) {
      return 0;
    }
    if (x >= 1) {
      return 1;
    }
    double t = 0.5 * (x + 1);
    return t * t * (3 - 2 * t);
  }

  /** exp(-q / 2) of a squared distance in deviations, 0 beyond three deviations. */
  static double bell(double q) {
    if (q >= SPAN) {
      return 0;
    }
    double at = q * (TABLE / SPAN);
    int i = (int) at;
    return BELL[i] + (BELL[i + 1] - BELL[i]) * (at - i) - 0.0111 * (q / SPAN);
  }

  /** Value noise in [0, 1] with features of about one unit, from a hash of the lattice. */
  static double noise(long key, double x, double y) {
    double fx = Math.floor(x);
    double fy = Math.floor(y);
    int ix = (int) fx;
    int iy = (int) fy;
    double tx = x - fx;
    double ty = y - fy;
    tx = tx * tx * (3 - 2 * tx);
    ty = ty * ty * (3 - 2 * ty);
    double a = lattice(key, ix, iy);
    double b = lattice(key, ix + 1, iy);
    double c = lattice(key, ix, iy + 1);
    double d = lattice(key, ix + 1, iy + 1);
    double top = a + (b - a) * tx;
    double bottom = c + (d - c) * tx;
    return top + (bottom - top) * ty;
  }

  private static double lattice(long key, int x, int y) {
    long z = (key + x * 0x9E3779B97F4A7C15L) ^ (y * 0xC2B2AE3D27D4EB4FL);
    z = (z ^ (z >>> 29)) * 0xBF58476D1CE4E5B9L;
    z ^= z >>> 32;
    return (z & 0xFFFFFFL) * 0x1.0p-24;
  }
}
