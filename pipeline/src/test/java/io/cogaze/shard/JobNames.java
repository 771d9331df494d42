package io.cogaze.shard;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;

/** Hears how Spark's jobs are named while some work is done. */
public final class JobNames extends SparkListener {
  private final List<String> groups = new ArrayList<>();
  private final List<String> descriptions = new ArrayList<>();

  private JobNames() {}

  /** The names of the jobs that the work starts. */
  public static JobNames during(SparkContext context, Runnable work) throws TimeoutException {
    JobNames names = new JobNames();
    context.addSparkListener(names);
    try {
      work.run();
      context.listenerBus().waitUntilEmpty();
    } finally {
      context.removeSparkListener(names);
    }
    return names;
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart job) {
    Properties properties = job.properties();
    groups.add(properties.getProperty("spark.jobGroup.id", ""));
    descriptions.add(
        properties.getProperty(
            "spark.job.description", "unnamed: " + job.stageInfos().last().name()));
  }

  /** The groups in the order of the jobs; empty where there is none. */
  public synchronized List<String> groups() {
    return List.copyOf(groups);
  }

  /** What Spark's pages show of the jobs, in their order; of unnamed ones the code. */
  public synchronized List<String> descriptions() {
    return List.copyOf(descriptions);
  }
}
