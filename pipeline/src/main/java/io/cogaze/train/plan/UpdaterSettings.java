package io.cogaze.train.plan;

import java.io.Serializable;

/**
 * The optimiser of a stage.
 *
 * @param kind adam, amsgrad or sgd
 * @param learningRate the rate at the start, above 0; the plateau schedule lowers it
 */
public record UpdaterSettings(Kind kind, double learningRate) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The optimisers on offer; Adam and AMSGrad with beta 0.9 and 0.999, epsilon 1e-8. */
  public enum Kind {
    /** Kingma and Ba, "Adam", ICLR 2015. */
    ADAM,
    /** Reddi, Kale, Kumar, "On the convergence of Adam and beyond", ICLR 2018. */
    AMSGRAD,
    /** Plain stochastic gradient descent, without state. */
    SGD
  }

  /** Errors: {@link IllegalArgumentException} for a learning rate that is not above 0. */
  public UpdaterSettings {
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException("learning-rate must be above 0 but is " + learningRate);
    }
  }
}
