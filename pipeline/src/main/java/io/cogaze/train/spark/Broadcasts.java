package io.cogaze.train.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/** The end of broadcasts. */
public final class Broadcasts {
  private Broadcasts() {}

  /**
   * Destroys a broadcast, unless a signal or the cluster has stopped Spark: then it is gone
   * already, and the failure to destroy it must not hide why the work ends.
   */
  public static void destroy(JavaSparkContext context, Broadcast<?> broadcast) {
    if (!context.sc().isStopped()) {
      broadcast.destroy();
    }
  }
}
