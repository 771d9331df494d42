package io.cogaze.nn.release;

/**
 * How many tasks of a process may compute with networks at once: one in Deeplearning4j 1.0.0-M1.1.
 * When three trained at once, ND4J was seen to end the JVM, in {@code col2im} and in an assignment:
 * probably because all threads that call it share its pool of native threads, which hands out what
 * another call still uses (deeplearning4j issue 9534 is a crash in that pool).
 */
public final class TasksAtOnce {
  private TasksAtOnce() {}

  /** Whether only one may. */
  public static boolean isOne() {
    return true;
  }
}
