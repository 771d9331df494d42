package io.cogaze.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.spark.SparkConf;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Plants faults in executors, without any in the product: at the start of a task's first attempt,
 * by chance from a seed, it kills the task's executor a moment later (SIGKILL), or lets the task
 * fail after all its work, or makes it slow. Properties, all below {@code spark.cogaze.test.}:
 * {@code seed}, the shares {@code kill}, {@code fail} and {@code slow}, and {@code log}, a file to
 * which each fault, and each further attempt of a task, adds a line.
 */
public final class FaultPlugin implements SparkPlugin {
  @Override
  public DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Faults();
  }

  /** In an executor. */
  static final class Faults implements ExecutorPlugin {
    private static final int LONGEST_LIFE_MS = 600;
    private static final int SLOW_MS = 8000;

    private long seed;
    private double kill;
    private double fail;
    private double slow;
    private Path log;

    @Override
    public void init(PluginContext context, Map<String, String> extra) {
      SparkConf conf = context.conf();
      seed = conf.getLong("spark.cogaze.test.seed", 0);
      kill = conf.getDouble("spark.cogaze.test.kill", 0);
      fail = conf.getDouble("spark.cogaze.test.fail", 0);
      slow = conf.getDouble("spark.cogaze.test.slow", 0);
      log = Path.of(conf.get("spark.cogaze.test.log"));
    }

    @Override
    public void onTaskStart() {
      TaskContext task = TaskContext.get();
      String job = task.getLocalProperty("spark.jobGroup.id");
      if (job == null) {
        return;
      }
      String place = job + " stage " + task.stageId() + " task " + task.partitionId();
      if (task.attemptNumber() > 0 || task.stageAttemptNumber() > 0) {
        note("again " + place);
        return;
      }
      SplittableRandom random = new SplittableRandom(seed << 32 ^ place.hashCode());
      double draw = random.nextDouble();
      if (draw < kill) {
        note("kill " + place);
        killSoon(random.nextInt(LONGEST_LIFE_MS));
      } else if (draw < kill + fail) {
        note("fail " + place);
        task.addTaskCompletionListener(
            (TaskCompletionListener)
                done -> {
                  throw new IllegalStateException("a planted fault");
                });
      } else if (draw < kill + fail + slow) {
        note("slow " + place);
        sleep(SLOW_MS);
      }
    }

    private static void killSoon(int afterMs) {
      Thread killer =
          new Thread(
              () -> {
                sleep(afterMs);
                try {
                  new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      killer.setDaemon(true);
      killer.start();
    }

    private static void sleep(int ms) {
      try {
        Thread.sleep(ms);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void note(String line) {
      try {
        Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
