package io.cogaze.nn.loss;

import java.io.Serializable;

/**
 * The triplet loss of the contrastive stage.
 *
 * @param margin by which a negative must be farther than a positive, > 0
 * @param faithful false: features are averaged over space and scaled to length 1, and the loss is
 *     the mean over the triplets that violate the margin. True: the computation of the paper's
 *     public code, that is the raw feature map, distances along its last axis only, hinges averaged
 *     within a triplet and summed over all triplets
 */
public record TripletOptions(double margin, boolean faithful) implements Serializable {
  private static final long serialVersionUID = 1L;

  public TripletOptions {
    if (!(margin > 0) || Double.isInfinite(margin)) {
      throw new IllegalArgumentException("The triplet margin must be positive, got " + margin);
    }
  }

  /** Normalised embeddings, margin 0.3. */
  public static TripletOptions defaults() {
    return new TripletOptions(0.3, false);
  }

  /** The paper's public code: raw maps, sum, margin 1. */
  public static TripletOptions asPublished() {
    return new TripletOptions(1.0, true);
  }
}
