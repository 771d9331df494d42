package io.cogaze.nn.loss;

/** A network output, as it is trained. */
public interface WeightedOutput {

  /** How much its loss counts at present. */
  LossWeight lossWeight();

  /**
   * The loss of the present minibatch without its weight: the sum of the examples' losses / N.
   *
   * <p>Errors: {@link IllegalStateException} without input or labels.
   */
  double meanLoss();
}
