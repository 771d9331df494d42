package io.cogaze.train.plan;

/**
 * Lowers the learning rate when the selection metric stops to improve, and goes back to the best
 * checkpoint's parameters and optimiser state.
 *
 * @param factor what the rate is multiplied by, in (0, 1)
 * @param patience epochs without improvement that are tolerated; the rate drops on the next one
 * @param threshold relative improvement that counts as one for the schedule
 * @param reloadBest whether a drop goes back to the best checkpoint, with the lower rate
 * @param minimumLearningRate the stage stops when the rate falls below
 */
public record PlateauSettings(
    double factor, int patience, double threshold, boolean reloadBest, double minimumLearningRate) {
  /** Errors: {@link IllegalArgumentException} for a value out of range. */
  public PlateauSettings {
    if (!(factor > 0 && factor < 1)) {
      throw new IllegalArgumentException("factor must lie between 0 and 1 but is " + factor);
    }
    if (patience < 0) {
      throw new IllegalArgumentException("patience must be 0 or more but is " + patience);
    }
    if (!(threshold >= 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "threshold must be 0 or more and below 1 but is " + threshold);
    }
    if (!(minimumLearningRate >= 0)) {
      throw new IllegalArgumentException(
          "minimum-learning-rate must be 0 or more but is " + minimumLearningRate);
    }
    if (minimumLearningRate > 0) {
      FloatRange.require("minimum-learning-rate", minimumLearningRate);
    }
  }
}
