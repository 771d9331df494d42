package io.cogaze.train.spark;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.run.Folders;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.shard.ShardSet;
import io.cogaze.train.plan.StagePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains the stages of a recipe in order. A run folder that exists is continued: finished stages
 * with the same configuration are not run again, an interrupted one goes on after its last whole
 * checkpoint and ends in the same bits as if it had not been interrupted.
 */
public final class StageTrainer {
  private static final Logger LOG = LoggerFactory.getLogger(StageTrainer.class);

  private StageTrainer() {}

  /**
   * Trains. Errors: {@link io.cogaze.error.ConfigurationException} for an unknown stage, a missing
   * earlier stage or a configuration that differs from that of the run folder; {@link
   * io.cogaze.error.InputException} for shards that cannot be trained on; {@link
   * io.cogaze.error.RunException} when another process holds the run folder or the loss is not
   * finite.
   */
  public static TrainResult train(SparkSession spark, TrainRequest request) {
    return train(spark, request, result -> {});
  }

  /**
   * As the other, and notes the result while the run folder is still this process's alone.
   *
   * @param notes what to write into the run folder beside the stages
   */
  public static TrainResult train(
      SparkSession spark, TrainRequest request, Consumer<TrainResult> notes) {
    NativeLibrary.prepare();
    List<StagePlan> plans = request.recipe().plans(request.stages());
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    FileSystem fs;
    try {
      fs = request.run().getFileSystem(hadoop);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach " + request.run() + ": " + e.getMessage(), e);
    }
    ShardSet shards = ShardSet.open(hadoop, request.shards());
    requireOutsideOfShards(fs, request, hadoop);
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    RunLayout run = new RunLayout(request.run());
    List<TrainResult.StageResult> results = new ArrayList<>();
    try (RunLock lock = RunLock.acquire(fs, request.run(), "train", request.lock())) {
      EngineGuard.demand(context, request.resources(), request.settings().workers());
      for (StagePlan plan : plans) {
        results.add(
            new StageRun(new StageScope(context, fs, run, shards, request, plan, lock)).run());
      }
      TrainResult result = new TrainResult(results);
      lock.check();
      List<String> stale = StaleEvaluation.withdraw(fs, run);
      if (!stale.isEmpty()) {
        LOG.warn(
            "Took the old metrics out of {}/summary.json: they are of other weights ({})",
            run.root(),
            String.join("; ", stale));
      }
      notes.accept(result);
      return result;
    } finally {
      EngineGuard.release(context);
      WorkerSlots.ofThisJvm().close();
    }
  }

  private static void requireOutsideOfShards(
      FileSystem fs, TrainRequest request, Configuration hadoop) {
    Path shards = new Path(request.shards());
    try {
      Folders.requireOutside(
          fs, request.run(), "--run", shards.getFileSystem(hadoop), shards, "--shards");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach " + shards + ": " + e.getMessage(), e);
    }
  }
}
