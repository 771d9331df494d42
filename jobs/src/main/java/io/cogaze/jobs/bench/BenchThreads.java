package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;

/** How many native threads can be measured on this machine. */
final class BenchThreads {
  /** Threads that wait for each other on fewer processors take minutes for a step, then hours. */
  private static final int FOR_EACH_PROCESSOR = 16;

  private BenchThreads() {}

  /** The largest number on a machine with so many processors. */
  static int most(int processors) {
    return Math.min(NativeLibrary.MOST_THREADS, FOR_EACH_PROCESSOR * processors);
  }

  /**
   * Errors: {@link ConfigurationException} for more than {@link #most}.
   *
   * @param what the option or case that asks for them
   */
  static void require(String what, int threads) {
    int processors = Runtime.getRuntime().availableProcessors();
    if (threads > most(processors)) {
      throw new ConfigurationException(
          what
              + " asks for "
              + threads
              + " native threads: with the "
              + processors
              + " processors of this machine at most "
              + most(processors)
              + " can be measured.");
    }
  }
}
