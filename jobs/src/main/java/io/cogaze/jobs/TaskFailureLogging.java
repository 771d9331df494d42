package io.cogaze.jobs;

import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Levels of Spark's loggers for failed tasks, which the launcher's Log4j file hides. SLF4J cannot
 * set levels, so that this one class speaks to Log4j, Spark's logging library.
 */
final class TaskFailureLogging {
  private TaskFailureLogging() {}

  /** Lets Spark log the stack trace of each failed task. */
  static void show() {
    for (String name :
        List.of(
            "org.apache.spark.executor.Executor", "org.apache.spark.scheduler.TaskSetManager")) {
      Configurator.setLevel(name, Level.WARN);
    }
  }
}
