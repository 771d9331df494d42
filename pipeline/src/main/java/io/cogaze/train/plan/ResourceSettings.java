package io.cogaze.train.plan;

/**
 * What is checked before training starts, at {@code cogaze.resources}.
 *
 * @param ignoreSum whether training starts although the sum of what it takes cannot fit
 * @param gpuMemoryMb memory of each GPU, MiB; 0 = not known, and not checked
 * @param allowDifferentKernels whether executors may compute with another kernel or native library
 *     than the driver
 * @param allowOtherWorkers whether a stage goes on from checkpoints of another number of averaging
 *     workers
 */
public record ResourceSettings(
    boolean ignoreSum, int gpuMemoryMb, boolean allowDifferentKernels, boolean allowOtherWorkers) {
  /** What {@code reference.conf} says. */
  public static final ResourceSettings DEFAULT = new ResourceSettings(false, 0, false, false);

  /** The key of {@link #ignoreSum}. */
  public static final String IGNORE_SUM_KEY = "resources.ignore-sum";

  /** The key of {@link #allowDifferentKernels}. */
  public static final String ALLOW_DIFFERENT_KERNELS_KEY = "resources.allow-different-kernels";

  /** The key of {@link #allowOtherWorkers}. */
  public static final String ALLOW_OTHER_WORKERS_KEY = "resources.allow-other-workers";

  /** Errors: {@link IllegalArgumentException} for an amount below 0. */
  public ResourceSettings {
    if (gpuMemoryMb < 0) {
      throw new IllegalArgumentException("gpu-memory-mb must be 0 or more but is " + gpuMemoryMb);
    }
  }
}
