package io.cogaze.train.plan;

/**
 * How an epoch's examples are put into batches. {@link #OVERSAMPLED} repeats examples; the others
 * use every one exactly once an epoch.
 */
public enum SamplerKind {
  /** Batches of examples in random order. */
  SHUFFLED,
  /**
   * Batches whose classes are as even as the counts allow, with two or more examples of a class
   * that occurs, so that contrastive anchors find partners.
   */
  STRATIFIED,
  /**
   * Batches of examples in random order, in which the examples of rarer classes are repeated until
   * every class occurs as often as the most frequent one. Examples of unknown class are not.
   */
  OVERSAMPLED
}
