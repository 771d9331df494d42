package io.cogaze.jobs;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts the tasks of Spark's stages at work. Spark calls it from one thread. */
final class TaskCounter extends SparkListener {
  /** Receives both counts whenever one changes. */
  @FunctionalInterface
  interface Counts {
    void tasks(long done, long all);
  }

  private final Counts counts;
  private final Map<Integer, long[]> stages = new LinkedHashMap<>();

  TaskCounter(Counts counts) {
    this.counts = counts;
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    stages.put(submitted.stageInfo().stageId(), new long[] {0, submitted.stageInfo().numTasks()});
    tell();
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd ended) {
    long[] stage = stages.get(ended.stageId());
    if (stage != null && ended.taskInfo().successful()) {
      stage[0] = Math.min(stage[0] + 1, stage[1]);
      tell();
    }
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted completed) {
    stages.remove(completed.stageInfo().stageId());
    tell();
  }

  private void tell() {
    counts.tasks(
        stages.values().stream().mapToLong(stage -> stage[0]).sum(),
        stages.values().stream().mapToLong(stage -> stage[1]).sum());
  }
}
