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
  /**
   * Options of the JVM whose peak is estimated: a heap of {@link #HEAP_MB}, all of it touched, and
   * no other limit, so that the peak does not depend on the machine's memory.
   */
  public static final List<String> JVM_OPTIONS =
      List.of(
          "-Xms1024m",
          "-Xmx1024m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseG1GC",
          "-Dorg.bytedeco.javacpp.maxbytes=0",
          "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  /** The Java heap in every estimate, MiB. */
  public static final int HEAP_MB = 1024;

  private static final double MIB = 1024.0 * 1024.0;
  private static final int TERMS = 9;
  private static final int SWEEPS = 4_000;
  private static final int ROUNDS = 60;
  private static final double LEAST_ERROR = 1e-3;

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

  /** Memory outside the heap of a JVM that computes, without any network, MiB, rounded up. */
  public long baseMb() {
    return Math.max(0, (long) Math.ceil(base / MIB) - HEAP_MB);
  }

  /** What a network adds to that, MiB, rounded up. */
  public long networkMb(MemoryDemand demand) {
    return (long) Math.ceil(sum(demand) - base / MIB);
  }

  /** The estimate of a step's peak, MiB, rounded up: base with a heap, and one network. */
  public long peakMb(MemoryDemand demand) {
    return (long) Math.ceil(sum(demand));
  }

  private double sum(MemoryDemand demand) {
    double[] terms = terms(demand);
    double[] factors = factors();
    double sum = 0;
    for (int i = 0; i < TERMS; i++) {
      sum += terms[i] * factors[i];
    }
    return sum;
  }

  /**
   * Finds the factors: those of at least 0 whose largest relative error is least, by least squares
   * that weigh the samples with the largest errors more and more; then raised together until no
   * sample is estimated below its measurement times 1 + margin.
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
    double[] factors = leastLargestError(rows);
    double raise = 0;
    for (double[] row : rows) {
      raise = Math.max(raise, (1 + margin) / product(row, factors));
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

  /** Lawson's way to the least largest error: weights grow with the errors that they leave. */
  private static double[] leastLargestError(double[][] rows) {
    double[] weights = new double[rows.length];
    java.util.Arrays.fill(weights, 1);
    double[] best = new double[TERMS];
    double bestSpread = Double.POSITIVE_INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
      double[] factors = leastSquares(rows, weights);
      double low = Double.POSITIVE_INFINITY;
      double high = 0;
      double sum = 0;
      for (int s = 0; s < rows.length; s++) {
        double ratio = product(rows[s], factors);
        low = Math.min(low, ratio);
        high = Math.max(high, ratio);
        weights[s] *= Math.abs(ratio - 1) + LEAST_ERROR;
        sum += weights[s];
      }
      if (high / low < bestSpread) {
        bestSpread = high / low;
        best = factors;
      }
      for (int s = 0; s < rows.length; s++) {
        weights[s] *= rows.length / sum;
      }
    }
    return best;
  }

  private static double product(double[] row, double[] factors) {
    double sum = 0;
    for (int i = 0; i < TERMS; i++) {
      sum += row[i] * factors[i];
    }
    return sum;
  }

  /** Factors of at least 0 with rows x factors nearest 1, by coordinate descent. */
  private static double[] leastSquares(double[][] rows, double[] weights) {
    double[] factors = new double[TERMS];
    double[] error = new double[rows.length];
    java.util.Arrays.fill(error, 1);
    double[] square = new double[TERMS];
    for (int s = 0; s < rows.length; s++) {
      for (int i = 0; i < TERMS; i++) {
        square[i] += weights[s] * rows[s][i] * rows[s][i];
      }
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int i = 0; i < TERMS; i++) {
        if (square[i] == 0) {
          continue;
        }
        double slope = 0;
        for (int s = 0; s < rows.length; s++) {
          slope += weights[s] * rows[s][i] * error[s];
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
