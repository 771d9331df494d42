package io.cogaze.train.spark;

import io.cogaze.nn.network.Head;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.shard.ShardSet;
import io.cogaze.train.plan.StagePlan;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a stage is trained in.
 *
 * @param lock of the run folder
 */
record StageScope(
    JavaSparkContext context,
    FileSystem fs,
    RunLayout run,
    ShardSet shards,
    TrainRequest request,
    StagePlan plan,
    RunLock lock) {
  String stage() {
    return plan.name();
  }

  StageSettings settings() {
    return plan.settings();
  }

  TrainSettings train() {
    return request.settings();
  }

  StageLayout layout() {
    return run.stage(stage());
  }

  /** What the stage trains, with the weights of its loss. */
  Map<Head, Double> heads() {
    return StageDescription.heads(stage(), settings());
  }
}
