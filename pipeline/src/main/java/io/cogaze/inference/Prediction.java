package io.cogaze.inference;

import io.cogaze.shard.Split;
import java.util.Optional;

/**
 * What one stage says of one example: a row of the predictions table.
 *
 * @param run name of the run folder
 * @param target the true class, or empty when it is unknown
 * @param probabilities per class; empty when the stage has no class output
 * @param height rows of the maps, pixels
 * @param width columns of the maps, pixels
 * @param map predicted saliency map, shape [height * width], sum 1; empty when the stage has none
 * @param gaze gaze map, the same shape, sum 1; empty without gaze
 * @param pixels the picture at the maps' size, 8 bits, row-major; empty when maps are not written
 * @param scores of the predicted map; empty unless both maps are there
 * @param floor of the mean training gaze map against the same gaze map
 */
public record Prediction(
    String run,
    String stage,
    Split split,
    String exampleId,
    String imageId,
    String patientKey,
    Optional<NamedClass> target,
    Optional<float[]> probabilities,
    Optional<NamedClass> predicted,
    int height,
    int width,
    Optional<float[]> map,
    Optional<float[]> gaze,
    Optional<byte[]> pixels,
    Optional<MapScores> scores,
    Optional<MapScores> floor) {
  /** A class by its index in the probabilities and by its name. */
  public record NamedClass(int index, String name) {}
}
