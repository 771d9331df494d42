package io.cogaze.train.spark;

import io.cogaze.error.CogazeException;
import java.util.function.Supplier;

/** Brings an error that a task explained in full to the user, without Spark's wrapping. */
final class TaskFailure {
  private TaskFailure() {}

  /** Runs a Spark job. Errors: the {@link CogazeException} that a task failed with, if one did. */
  static <T> T unwrapped(Supplier<T> job) {
    try {
      return job.get();
    } catch (Exception e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof CogazeException explained) {
          throw explained;
        }
      }
      throw e;
    }
  }
}
