package io.cogaze.inference;

import java.io.Serializable;

/**
 * What metrics need of a prediction: a row without its pictures.
 *
 * @param target index of the true class, -1 when unknown
 * @param probabilities shape [C]; null when the stage has no class output
 * @param scores of the predicted map; null unless both maps are there
 * @param floor of the mean training gaze map; null where scores is, or without training gaze
 */
record Scored(
    String exampleId,
    String patientKey,
    int target,
    float[] probabilities,
    MapScores scores,
    MapScores floor)
    implements Serializable {
  private static final long serialVersionUID = 1L;
}
