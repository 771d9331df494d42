package io.cogaze.train.spark;

import org.apache.spark.api.java.function.VoidFunction;

/** Drops the networks of a stage that is over from the executor it runs on. */
final class EvictTask implements VoidFunction<Integer> {
  private static final long serialVersionUID = 1L;

  private final String stageKey;

  EvictTask(String stageKey) {
    this.stageKey = stageKey;
  }

  @Override
  public void call(Integer slot) {
    WorkerSlots.ofThisJvm().evict(stageKey);
  }
}
