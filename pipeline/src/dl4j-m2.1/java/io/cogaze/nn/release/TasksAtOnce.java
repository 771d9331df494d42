package io.cogaze.nn.release;

/**
 * How many tasks of a process may compute with networks at once: as many as there are in
 * Deeplearning4j 1.0.0-M2.1.
 */
public final class TasksAtOnce {
  private TasksAtOnce() {}

  /** Whether only one may. */
  public static boolean isOne() {
    return false;
  }
}
