package io.cogaze.nn.network;

/**
 * What a network can be asked for. Each head is one network output, with its own loss while
 * training.
 *
 * <p>Labels and outputs, N examples, C classes, E embedding channels, canvas H x W:
 *
 * <ul>
 *   <li>{@link #EMBEDDING}: labels one-hot [N,C]; output [N,E], rows of length 1 (L2).
 *   <li>{@link #DENSENET_CLASS}, {@link #FUSED_CLASS}: labels one-hot [N,C]; output probabilities
 *       [N,C].
 *   <li>{@link #SALIENCY}: labels [N,1,H,W], summing to 1 an example; output the same shape,
 *       summing to 1.
 * </ul>
 *
 * <p>The label mask of every head is [N,1]: 1 where the label is known, 0 where it is not. A row of
 * mask 0 adds nothing to the loss; the loss is divided by N, not by the number of known rows.
 */
public enum Head {
  /** Pooled, normalised features of the DenseNet, trained by the triplet loss. */
  EMBEDDING,
  /** Class probabilities of the DenseNet's own classifier. */
  DENSENET_CLASS,
  /** The gaze map: a probability map over the pixels. */
  SALIENCY,
  /** Class probabilities of the classifier over DenseNet and decoder features. */
  FUSED_CLASS
}
