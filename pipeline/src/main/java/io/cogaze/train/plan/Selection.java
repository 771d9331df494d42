package io.cogaze.train.plan;

/**
 * The validation metric that chooses the best checkpoint, drives the schedule and stops the stage.
 *
 * @param metric loss, auroc-macro (stages with a class head) or kl (stages with a saliency head)
 * @param mode whether lower or higher is better
 */
public record Selection(Metric metric, Mode mode) {
  /** The metrics of a validation. */
  public enum Metric {
    /** Sum of the heads' weighted losses, mean over the examples. */
    LOSS,
    /** Mean over the classes of the exact one-versus-rest area under the ROC curve. */
    AUROC_MACRO,
    /** Mean Kullback-Leibler divergence of the predicted from the gaze map, nats. */
    KL
  }

  /** The better direction. */
  public enum Mode {
    /** Lower is better. */
    MIN,
    /** Higher is better. */
    MAX
  }

  /** Whether {@code value} beats {@code best} by more than the relative {@code threshold}. */
  boolean improves(double value, double best, double threshold) {
    if (Double.isNaN(best)) {
      return !Double.isNaN(value);
    }
    double margin = threshold * Math.abs(best);
    return mode == Mode.MIN ? value < best - margin : value > best + margin;
  }
}
