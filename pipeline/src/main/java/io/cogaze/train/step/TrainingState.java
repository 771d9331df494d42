package io.cogaze.train.step;

/**
 * What changes while a stage trains, as plain vectors.
 *
 * @param learned learned parameters of the trainable parts, in the order of the flat vector
 * @param means running means of batch normalisation in the trainable parts
 * @param variances running variances, in the order of {@code means}
 * @param updater state of the optimiser; empty where it has none
 * @param iteration steps done, as the optimiser counts them
 * @param epoch epochs done
 */
public record TrainingState(
    float[] learned, float[] means, float[] variances, float[] updater, int iteration, int epoch) {

  /** Whether every parameter and running statistic is a finite number. */
  public boolean isFinite() {
    return isFinite(learned) && isFinite(means) && isFinite(variances);
  }

  /** The same with another state of the optimiser. */
  public TrainingState withUpdater(float[] other) {
    return new TrainingState(learned, means, variances, other, iteration, epoch);
  }

  private static boolean isFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }
}
