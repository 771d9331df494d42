package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.run.RunLayout;
import io.cogaze.run.Summary;
import io.cogaze.train.spark.TrainResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What training leaves in the run folder beside the stages: the resolved configuration and the
 * summary.
 */
final class TrainOutputs {
  private TrainOutputs() {}

  static void write(FileSystem fileSystem, Path run, CogazeConfig config, TrainResult result) {
    Path recipe = new RunLayout(run).recipeFile();
    try {
      Outputs.writeText(fileSystem, recipe, config.render());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + recipe + ": " + e.getMessage(), e);
    }
    Outputs.noteInRun(fileSystem, run, summary(result).toJson());
  }

  private static Summary summary(TrainResult result) {
    Summary summary = Summary.of("train");
    Map<String, Object> stages = new LinkedHashMap<>();
    boolean allDone = true;
    for (TrainResult.StageResult stage : result.stages()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("already_done", stage.alreadyDone());
      entry.put("resumed_from_epoch", stage.resumedFrom());
      entry.put("epochs", stage.epochs());
      entry.put("best_epoch", stage.bestEpoch());
      entry.put("metric", stage.metric());
      entry.put("best_value", Double.isFinite(stage.bestValue()) ? stage.bestValue() : null);
      entry.put("stop_reason", stage.stopReason());
      entry.put("parameters_sha256", stage.parametersSha256());
      stages.put(stage.stage(), entry);
      summary.phase("stage " + stage.stage(), stage.seconds());
      allDone &= stage.alreadyDone();
    }
    summary.detail("stages", stages);
    summary.count("stages", result.stages().size());
    if (allDone) {
      summary.alreadyDone();
    }
    return summary;
  }
}
