package io.cogaze.nn.memory;

import java.util.List;

/**
 * Peak resident memory of a JVM that steps a network: a sum of what its {@link MemoryDemand} names,
 * each with a factor found by measuring. Factors are never negative, so that a larger network, size
 * or batch is never estimated below a smaller one.
 *
 * @param base bytes without any network: JVM, classes, native libraries
 * @param weights factor of {@link MemoryDemand#weights}, and so on
 * @param perThread bytes of each native thread beyond the first
 */
public record MemoryEstimate(
    double base,
    double weights,
    double learned,
    double kept,
    double frozen,
    double gradients,
    double live,
    double largest,
    double perThread) {
  private static final double MIB = 1024.0 * 1024.0;
  private static final int TERMS = 9;
  private static final int SWEEPS = 20_000;

  /**
   * A measurement.
   *
   * @param peakMb largest resident memory, MiB
   */
  public record Sample(MemoryDemand demand, double peakMb) {}

  /** Errors: IllegalArgumentException for a factor that is negative or not a number. */
  public MemoryEstimate {
    double[] factors = {base, weights, learned, kept, frozen, gradients, live, largest, perThread};
    for (double factor : factors) {
      if (!(factor >= 0) || Double.isInfinite(factor)) {
        throw new IllegalArgumentException(
            "Factors of a memory estimate must be at least 0, got " + factor);
      }
    }
  }

  /** The estimate of a step's peak, MiB, rounded up. */
  public long peakMb(MemoryDemand demand) {
    double[] terms = terms(demand);
    double[] factors = factors();
    double sum = 0;
    for (int i = 0; i < TERMS; i++) {
      sum += terms[i] * factors[i];
    }
    return (long) Math.ceil(sum);
  }

  /**
   * Finds the factors: least squares of the relative error under factors of at least 0, then raised
   * together until no sample is estimated below its measurement times 1 + margin.
   *
   * @param margin share that the estimate must lie above every sample, for instance 0.05
   */
  public static MemoryEstimate fit(List<Sample> samples, double margin) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("A memory estimate needs a measurement to be fitted to");
    }
    double[][] rows = new double[samples.size()][];
    for (int s = 0; s < rows.length; s++) {
      rows[s] = terms(samples.get(s).demand());
      for (int i = 0; i < TERMS; i++) {
        rows[s][i] /= samples.get(s).peakMb();
      }
    }
    double[] factors = leastSquares(rows);
    double raise = 0;
    for (double[] row : rows) {
      double estimate = 0;
      for (int i = 0; i < TERMS; i++) {
        estimate += row[i] * factors[i];
      }
      raise = Math.max(raise, (1 + margin) / estimate);
    }
    for (int i = 0; i < TERMS; i++) {
      factors[i] *= raise;
    }
    return new MemoryEstimate(
        factors[0] * MIB,
        factors[1],
        factors[2],
        factors[3],
        factors[4],
        factors[5],
        factors[6],
        factors[7],
        factors[8] * MIB);
  }

  /** Factors of at least 0 with rows x factors nearest 1, by coordinate descent. */
  private static double[] leastSquares(double[][] rows) {
    double[] factors = new double[TERMS];
    double[] error = new double[rows.length];
    java.util.Arrays.fill(error, 1);
    double[] square = new double[TERMS];
    for (double[] row : rows) {
      for (int i = 0; i < TERMS; i++) {
        square[i] += row[i] * row[i];
      }
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int i = 0; i < TERMS; i++) {
        if (square[i] == 0) {
          continue;
        }
        double slope = 0;
        for (int s = 0; s < rows.length; s++) {
          slope += rows[s][i] * error[s];
        }
        double moved = Math.max(0, factors[i] + slope / square[i]);
        for (int s = 0; s < rows.length; s++) {
          error[s] -= rows[s][i] * (moved - factors[i]);
        }
        factors[i] = moved;
      }
    }
    return factors;
  }

  private double[] factors() {
    return new double[] {
      base / MIB, weights, learned, kept, frozen, gradients, live, largest, perThread / MIB
    };
  }

  /** What the factors multiply, MiB; the first and the last factor are MiB themselves. */
  private static double[] terms(MemoryDemand demand) {
    return new double[] {
      1,
      demand.weights() / MIB,
      demand.learned() / MIB,
      demand.kept() / MIB,
      demand.frozen() / MIB,
      demand.gradients() / MIB,
      demand.live() / MIB,
      demand.largest() / MIB,
      demand.threads() - 1.0
    };
  }
}
