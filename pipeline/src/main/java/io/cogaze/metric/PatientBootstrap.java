package io.cogaze.metric;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Percentile bootstrap that draws patients, with all their examples, with replacement: images of
 * one patient are not independent, so drawing images would give intervals that are too narrow
 * (Efron and Tibshirani 1993, chapter 8; cluster bootstrap of Field and Welsh 2007).
 *
 * <p>Resample b depends only on the seed, b and the set of patients: patients are numbered in the
 * order of their keys, and draws come from a counter-based generator. Two metrics of the same
 * examples therefore see the same resamples, and the interval of {@link ResampledMetric#minus} is a
 * paired one. Resamples in which a metric is undefined are left out and counted.
 */
public final class PatientBootstrap {
  private final int[] patientOfExample;
  private final int patients;
  private final int resamples;
  private final long seed;
  private final double level;

  /**
   * Prepares a bootstrap.
   *
   * @param patientKeys the patient of each example, in example order
   * @param resamples how many resamples, at least 1
   * @param level confidence level in (0,1), for instance 0.95
   */
  public PatientBootstrap(List<String> patientKeys, int resamples, long seed, double level) {
    if (resamples < 1) {
      throw new IllegalArgumentException("Expected at least 1 resample, found " + resamples);
    }
    if (!(level > 0 && level < 1)) {
      throw new IllegalArgumentException("Expected a level between 0 and 1, found " + level);
    }
    List<String> distinct = patientKeys.stream().distinct().sorted().toList();
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < distinct.size(); i++) {
      numbers.put(distinct.get(i), i);
    }
    this.patientOfExample = patientKeys.stream().mapToInt(numbers::get).toArray();
    this.patients = distinct.size();
    this.resamples = resamples;
    this.seed = seed;
    this.level = level;
  }

  /** The number of distinct patients. */
  public int patients() {
    return patients;
  }

  /** The metric on the sample, with its interval. */
  public Estimate estimate(ResampledMetric metric) {
    int[] ones = new int[patientOfExample.length];
    Arrays.fill(ones, 1);
    OptionalDouble value = metric.value(ones);
    double[] values = new double[resamples];
    int used = 0;
    for (int b = 0; b < resamples; b++) {
      OptionalDouble resampled = metric.value(weights(b));
      if (resampled.isPresent()) {
        values[used++] = resampled.getAsDouble();
      }
    }
    if (used == 0 || value.isEmpty()) {
      return new Estimate(value, OptionalDouble.empty(), OptionalDouble.empty(), 0, resamples);
    }
    double[] kept = Arrays.copyOf(values, used);
    double tail = (1 - level) / 2;
    return new Estimate(
        value,
        OptionalDouble.of(Distribution.quantile(kept, tail)),
        OptionalDouble.of(Distribution.quantile(kept, 1 - tail)),
        used,
        resamples - used);
  }

  /** How often each example is present in resample b. */
  int[] weights(int b) {
    int[] draws = new int[patients];
    long stream = mix(seed ^ mix(b + 1L));
    for (int k = 0; k < patients; k++) {
      long bits = mix(stream + (k + 1) * 0x9E3779B97F4A7C15L);
      // High half of bits x patients, bits as a fraction of 2^64: uniform but for 2^-32.
      draws[(int) (((bits >>> 32) * patients) >>> 32)]++;
    }
    int[] weights = new int[patientOfExample.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = draws[patientOfExample[i]];
    }
    return weights;
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long z) {
    long x = z;
    x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }
}
