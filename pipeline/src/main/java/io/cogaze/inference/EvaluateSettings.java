package io.cogaze.inference;

import io.cogaze.nn.kernel.NativeLibrary;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The block {@code cogaze.evaluate}.
 *
 * @param batchSize examples that the network sees at once; at least 1
 * @param examplesPerFile examples of a predictions file, the unit of a Spark task; at least 1
 * @param nativeThreads threads of the native kernels for each task; 1 to {@value
 *     NativeLibrary#MOST_THREADS}
 * @param bootstrapResamples resamples of the 95 % intervals; at least 1
 * @param bootstrapSeed decides which patients are drawn
 * @param writeMaps whether predictions hold the maps and the picture; without them the report shows
 *     no examples
 * @param baseline whether logistic regression on simple features is fitted for comparison
 * @param allowOtherPreprocessing whether shards may have been made with other settings than those
 *     that the stages were trained on; decides whether there is a result, not which
 */
public record EvaluateSettings(
    int batchSize,
    int examplesPerFile,
    int nativeThreads,
    int bootstrapResamples,
    long bootstrapSeed,
    boolean writeMaps,
    boolean baseline,
    boolean allowOtherPreprocessing) {
  /** Errors: {@link IllegalArgumentException} for a value out of range. */
  public EvaluateSettings {
    requireAtLeastOne("batch-size", batchSize);
    requireAtLeastOne("examples-per-file", examplesPerFile);
    requireAtLeastOne("native-threads", nativeThreads);
    NativeLibrary.requireAtMost("native-threads", nativeThreads);
    requireAtLeastOne("bootstrap-resamples", bootstrapResamples);
  }

  /** Configuration path to value, of what decides the result. */
  SortedMap<String, String> values() {
    SortedMap<String, String> values = new TreeMap<>();
    values.put("evaluate.batch-size", Integer.toString(batchSize));
    values.put("evaluate.examples-per-file", Integer.toString(examplesPerFile));
    values.put("evaluate.native-threads", Integer.toString(nativeThreads));
    values.put("evaluate.bootstrap-resamples", Integer.toString(bootstrapResamples));
    values.put("evaluate.bootstrap-seed", Long.toString(bootstrapSeed));
    values.put("evaluate.write-maps", Boolean.toString(writeMaps));
    values.put("evaluate.baseline", Boolean.toString(baseline));
    return values;
  }

  private static void requireAtLeastOne(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " must be 1 or more but is " + value);
    }
  }
}
