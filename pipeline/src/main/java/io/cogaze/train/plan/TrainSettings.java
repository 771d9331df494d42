package io.cogaze.train.plan;

import io.cogaze.nn.kernel.NativeLibrary;

/**
 * How stages are trained, whatever the recipe.
 *
 * @param seed of initialisation, shuffling and dropout
 * @param workers averaging workers: logical partitions, not processes
 * @param nativeThreads threads of the native kernels for each worker, up to {@value
 *     NativeLibrary#MOST_THREADS}; 1 when workers share a JVM
 * @param shuffleWindow examples that a worker shuffles together at least
 * @param exampleCacheMb memory of each executor for decoded row groups, MiB
 * @param validationBatchSize examples of a batch in validation
 * @param cacheFrozenFeatures whether a stage whose learning parts sit on frozen ones computes the
 *     frozen ones' result once an example instead of in every epoch
 * @param averagingSlices parts into which states are cut for averaging, 0 = as it fits their size
 * @param tensorboard whether TensorBoard's event files are written
 * @param checkpoints when checkpoints are written and which are kept
 * @param prefetchBatches batches that a worker reads ahead while the network computes
 * @param averageUpdaterEvery averagings of the parameters for each one of the optimiser's state
 * @param deltaBits bits in which workers send how far a parameter moved, 32 or 16
 */
public record TrainSettings(
    long seed,
    int workers,
    int nativeThreads,
    int shuffleWindow,
    int exampleCacheMb,
    int validationBatchSize,
    boolean cacheFrozenFeatures,
    int averagingSlices,
    boolean tensorboard,
    Checkpoints checkpoints,
    int prefetchBatches,
    int averageUpdaterEvery,
    int deltaBits) {
  private static final int HALF = 16;
  private static final int MOST_SLICES = 10_000;
  private static final int FULL = 32;

  /**
   * When checkpoints are written and which are kept.
   *
   * @param everyEpochs epochs between two checkpoints; the best and the last epoch always have one
   * @param keepLast newest checkpoints that are kept besides the best
   */
  public record Checkpoints(int everyEpochs, int keepLast) {
    /** Errors: {@link IllegalArgumentException} for a count below 1. */
    public Checkpoints {
      requireAtLeast("every-epochs", everyEpochs, 1);
      requireAtLeast("keep-last", keepLast, 1);
    }
  }

  /** Two batches ahead; everything is averaged in every round, in full. */
  public TrainSettings(
      long seed,
      int workers,
      int nativeThreads,
      int shuffleWindow,
      int exampleCacheMb,
      int validationBatchSize,
      boolean cacheFrozenFeatures,
      int averagingSlices,
      boolean tensorboard,
      Checkpoints checkpoints) {
    this(
        seed,
        workers,
        nativeThreads,
        shuffleWindow,
        exampleCacheMb,
        validationBatchSize,
        cacheFrozenFeatures,
        averagingSlices,
        tensorboard,
        checkpoints,
        2,
        1,
        FULL);
  }

  /** Errors: {@link IllegalArgumentException} for a value out of range. */
  public TrainSettings {
    requireAtLeast("workers", workers, 1);
    requireAtLeast("native-threads", nativeThreads, 1);
    NativeLibrary.requireAtMost("native-threads", nativeThreads);
    requireAtLeast("shuffle-window", shuffleWindow, 1);
    requireAtLeast("example-cache-mb", exampleCacheMb, 0);
    requireAtLeast("validation-batch-size", validationBatchSize, 1);
    requireAtLeast("averaging-slices", averagingSlices, 0);
    if (averagingSlices > MOST_SLICES) {
      throw new IllegalArgumentException(
          "averaging-slices must be "
              + MOST_SLICES
              + " or less but is "
              + averagingSlices
              + "; each is a block of its own in every round, of every worker");
    }
    requireAtLeast("prefetch-batches", prefetchBatches, 0);
    requireAtLeast("average-updater-every", averageUpdaterEvery, 1);
    if (deltaBits != HALF && deltaBits != FULL) {
      throw new IllegalArgumentException("delta-bits must be 32 or 16 but is " + deltaBits);
    }
  }

  /** Whether workers send rounded differences instead of whole parameters. */
  public boolean sendsDeltas() {
    return deltaBits == HALF;
  }

  private static void requireAtLeast(String key, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(key + " must be " + least + " or more but is " + value);
    }
  }
}
