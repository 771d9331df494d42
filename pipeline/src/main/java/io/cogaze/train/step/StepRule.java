package io.cogaze.train.step;

import java.io.Serializable;

/**
 * How gradients become steps of the optimiser.
 *
 * @param accumulate batches whose gradients make one step, 1 or more: the mean over the examples of
 *     all of them
 * @param clipGlobalNorm longest that the gradient of all learned parameters together may be, above
 *     0; infinity for no limit
 */
public record StepRule(int accumulate, double clipGlobalNorm) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** A step on each batch, of any length. */
  public static final StepRule PLAIN = new StepRule(1, Double.POSITIVE_INFINITY);

  /** Errors: {@link IllegalArgumentException} for a value out of range. */
  public StepRule {
    if (accumulate < 1) {
      throw new IllegalArgumentException("accumulate must be 1 or more but is " + accumulate);
    }
    if (!(clipGlobalNorm > 0)) {
      throw new IllegalArgumentException(
          "clip-global-norm must be above 0 but is " + clipGlobalNorm);
    }
  }

  /**
   * Whether a batch ends a step. Groups of batches are counted from the round's start; the last may
   * be smaller.
   *
   * @param index of the batch, from 0
   * @param batches of the worker in the round
   */
  boolean endsStep(int index, int batches) {
    return (index + 1) % accumulate == 0 || index + 1 == batches;
  }

  /** Whether Deeplearning4j's own step does it. */
  boolean isPlain() {
    return accumulate == 1 && clipGlobalNorm == Double.POSITIVE_INFINITY;
  }
}
