package io.cogaze.train.plan;

/** How an epoch's examples are put into batches. Each uses every example exactly once an epoch. */
public enum SamplerKind {
  /** Batches of examples in random order. */
  SHUFFLED,
  /**
   * Batches whose classes are as even as the counts allow, with two or more examples of a class
   * that occurs, so that contrastive anchors find partners.
   */
  STRATIFIED
}
