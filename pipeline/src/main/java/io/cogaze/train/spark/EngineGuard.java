package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Engine;
import io.cogaze.train.plan.ResourceSettings;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that every executor computes with the driver's kernel and native library, because the
 * bits of a result depend on them. The driver's description travels as a property of the jobs.
 */
final class EngineGuard {
  /** Local property of training's jobs: what computes on the driver. */
  static final String PROPERTY = "cogaze.engine";

  private static final Logger LOG = LoggerFactory.getLogger(EngineGuard.class);

  /** What computes on drivers that this process was found to compute like. */
  private static final Set<String> ALIKE = ConcurrentHashMap.newKeySet();

  private EngineGuard() {}

  /**
   * From now on the jobs of the calling thread demand the driver's kernel and native library; where
   * differences are allowed, it only says what they are now.
   *
   * @param workers tasks that may run at once
   */
  static void demand(JavaSparkContext context, ResourceSettings settings, int workers) {
    String driver = Engine.description();
    if (settings.allowDifferentKernels()) {
      List<String> found =
          context
              .parallelize(java.util.Collections.nCopies(workers, driver), workers)
              .map(EngineGuard::difference)
              .filter(Objects::nonNull)
              .collect();
      for (String difference : new TreeSet<>(found)) {
        LOG.warn(
            "{}; results differ in the last bits from run to run, and {} allows it",
            difference,
            ResourceSettings.ALLOW_DIFFERENT_KERNELS_KEY);
      }
    } else {
      context.setLocalProperty(PROPERTY, driver);
    }
  }

  /** Says what differs here from the driver; null when nothing does. */
  private static String difference(String driver) {
    return difference(driver, Engine.description(), place()).orElse(null);
  }

  /**
   * In a task: stops it when this process does not compute as the driver does.
   *
   * <p>Errors: {@link RunException} naming both.
   */
  static void check() {
    TaskContext task = TaskContext.get();
    String driver = task == null ? null : task.getLocalProperty(PROPERTY);
    if (driver != null && !ALIKE.contains(driver)) {
      Optional<String> difference = difference(driver, Engine.description(), place());
      if (difference.isPresent()) {
        throw new RunException(explained(difference.get()));
      }
      ALIKE.add(driver);
    }
  }

  static Optional<String> difference(String driver, String here, String place) {
    return driver.equals(here)
        ? Optional.empty()
        : Optional.of(place + " computes with '" + here + "', the driver with '" + driver + "'");
  }

  static String explained(String difference) {
    return "Cannot train: "
        + difference
        + ".\n  cause: their CPUs differ (with and without AVX-512), or -Dcogaze.kernel or"
        + " -Dcogaze.isa was given to one of them only; which executor takes a worker would decide the bits of the result"
        + "\n  fix:   -Dcogaze.isa=avx2 and one -Dcogaze.kernel"
        + " for spark.driver.extraJavaOptions and spark.executor.extraJavaOptions"
        + "\n         alike, or --set "
        + ResourceSettings.ALLOW_DIFFERENT_KERNELS_KEY
        + "=true, and results are not the same bit for bit";
  }

  private static String place() {
    SparkEnv env = SparkEnv.get();
    return "executor " + env.executorId() + " on " + env.blockManager().blockManagerId().host();
  }

  /** Takes the demand back. */
  static void release(JavaSparkContext context) {
    context.setLocalProperty(PROPERTY, null);
  }
}
