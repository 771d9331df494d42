package io.cogaze.train.step;

/** The vectors that a training state is made of, in the order in which they travel. */
public enum StateSection {
  /** Learned parameters of the trainable parts. */
  LEARNED,
  /** Running means of batch normalisation. */
  MEANS,
  /** Running variances, in the order of the means. */
  VARIANCES,
  /** State of the optimiser. */
  UPDATER
}
