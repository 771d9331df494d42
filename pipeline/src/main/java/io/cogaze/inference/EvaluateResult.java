package io.cogaze.inference;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalDouble;
import org.apache.hadoop.fs.Path;

/**
 * What an evaluation found.
 *
 * @param folder the committed folder
 * @param alreadyDone whether it was there already, made from the same stages, shards and settings
 * @param summary the content of summary.json
 */
public record EvaluateResult(Path folder, boolean alreadyDone, JsonNode summary) {
  /** A metric of the last stage, for instance auroc_macro; empty where it is undefined. */
  public OptionalDouble metric(String name) {
    return number(summary.path("metrics").path(name));
  }

  /** What the metric of the same name has without learning. */
  public OptionalDouble floor(String name) {
    return number(summary.path("floor").path(name));
  }

  private static OptionalDouble number(JsonNode node) {
    return node.isNumber() ? OptionalDouble.of(node.asDouble()) : OptionalDouble.empty();
  }
}
