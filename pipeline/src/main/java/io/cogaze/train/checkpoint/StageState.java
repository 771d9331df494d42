package io.cogaze.train.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.run.Json;
import io.cogaze.train.plan.Schedule;
import java.util.TreeMap;

/**
 * Where a stage stands after an epoch, besides parameters and optimiser state.
 *
 * @param epoch epochs done
 * @param iteration steps done, as the optimiser counts them
 * @param schedule best value, plateau and early stopping
 * @param reloadBest whether the next epoch starts from the best checkpoint
 * @param stop why the stage ends here, or empty when it goes on
 * @param value of the selection metric after this epoch
 */
public record StageState(
    int epoch,
    int iteration,
    Schedule.State schedule,
    boolean reloadBest,
    String stop,
    double value) {

  /** As JSON; numbers are text where they may not be finite. */
  public byte[] bytes() {
    TreeMap<String, Object> root = new TreeMap<>();
    root.put("epoch", epoch);
    root.put("iteration", iteration);
    root.put("reload_best", reloadBest);
    root.put("stop", stop);
    root.put("value", Double.toString(value));
    root.put("learning_rate", Double.toString(schedule.learningRate()));
    root.put("best_epoch", schedule.bestEpoch());
    root.put("best_value", Double.toString(schedule.bestValue()));
    root.put("plateau_value", Double.toString(schedule.plateauValue()));
    root.put("bad_epochs", schedule.badEpochs());
    root.put("plateau_value_at_best", Double.toString(schedule.plateauValueAtBest()));
    root.put("bad_epochs_at_best", schedule.badEpochsAtBest());
    return Json.bytes(root);
  }

  /** Reads what {@link #bytes} wrote. */
  public static StageState parse(byte[] json) {
    JsonNode root = Json.parse(json);
    return new StageState(
        root.path("epoch").asInt(),
        root.path("iteration").asInt(),
        new Schedule.State(
            number(root, "learning_rate"),
            root.path("best_epoch").asInt(),
            number(root, "best_value"),
            number(root, "plateau_value"),
            root.path("bad_epochs").asInt(),
            number(root, "plateau_value_at_best"),
            root.path("bad_epochs_at_best").asInt()),
        root.path("reload_best").asBoolean(),
        root.path("stop").asText(),
        number(root, "value"));
  }

  private static double number(JsonNode root, String key) {
    return Double.parseDouble(root.path(key).asText());
  }
}
