package io.cogaze.train.spark;

import java.util.List;

/** What a training did, in the order of the stages. */
public record TrainResult(List<StageResult> stages) {
  /**
   * One stage.
   *
   * @param stage its name
   * @param alreadyDone whether it had been finished before with the same configuration
   * @param resumedFrom the epoch whose checkpoint it went on from, 0 for the start
   * @param epochs epochs done altogether
   * @param bestEpoch the epoch of the checkpoint that counts
   * @param metric name of the selection metric
   * @param bestValue its value at the best epoch; NaN where the validation examples could not tell,
   *     and the best epoch is the last one then
   * @param stopReason why the stage ended
   * @param parametersSha256 of the best checkpoint's tensors
   * @param seconds spent now
   */
  public record StageResult(
      String stage,
      boolean alreadyDone,
      int resumedFrom,
      int epochs,
      int bestEpoch,
      String metric,
      double bestValue,
      String stopReason,
      String parametersSha256,
      double seconds) {}

  public TrainResult {
    stages = List.copyOf(stages);
  }
}
