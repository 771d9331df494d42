package io.cogaze.train.plan;

import java.io.Serializable;

/**
 * The optimiser of a stage.
 *
 * @param kind adam, amsgrad or sgd
 * @param learningRate the rate at the start, from 1e-30 to 1e30; the plateau schedule lowers it
 * @param decay how the rate falls over the stage's epochs, besides the plateau schedule
 */
public record UpdaterSettings(Kind kind, double learningRate, Decay decay) implements Serializable {
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

  /** How the learning rate falls from epoch to epoch. */
  public enum Decay {
    /** It does not. */
    NONE,
    /** By the same step every epoch: epoch e of E has the share (E - e + 1) / E of the rate. */
    LINEAR,
    /**
     * Along half a cosine: the share (1 + cos(pi (e - 1) / E)) / 2. Loshchilov and Hutter, "SGDR",
     * ICLR 2017, without restarts.
     */
    COSINE;

    /**
     * The share of the rate that an epoch has, counted from 1 of {@code epochs}; above 0, at most
     * 1.
     */
    double share(int epoch, int epochs) {
      double done = (epoch - 1.0) / epochs;
      return switch (this) {
        case NONE -> 1;
        case LINEAR -> 1 - done;
        case COSINE -> (1 + StrictMath.cos(StrictMath.PI * done)) / 2;
      };
    }
  }

  /** An optimiser whose rate does not decay by itself. */
  public UpdaterSettings(Kind kind, double learningRate) {
    this(kind, learningRate, Decay.NONE);
  }

  /**
   * The rate of an epoch.
   *
   * @param scheduledRate what the plateau schedule has left of the rate
   * @param epoch counted from 1
   * @param epochs most epochs of the stage
   */
  public double rateOf(double scheduledRate, int epoch, int epochs) {
    return scheduledRate * decay.share(Math.min(epoch, epochs), epochs);
  }

  /**
   * Errors: {@link IllegalArgumentException} for a learning rate that is not above 0, or that
   * float32 cannot compute with.
   */
  public UpdaterSettings {
    FloatRange.require("learning-rate", learningRate);
  }
}
