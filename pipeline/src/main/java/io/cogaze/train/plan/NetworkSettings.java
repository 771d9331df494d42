package io.cogaze.train.plan;

import java.util.List;

/**
 * The network of a recipe. Height, width and classes come from the shards.
 *
 * @param kind the family of networks: cooperative
 * @param baseWidth channels of the residual encoder's first level
 * @param densenet the first encoder
 * @param hidden width of the fused classifier's hidden layer
 * @param dropout probability of dropping a hidden value of the fused classifier, [0, 1)
 * @param triplet the loss of the embedding head
 */
public record NetworkSettings(
    String kind, int baseWidth, DenseNet densenet, int hidden, double dropout, Triplet triplet) {
  /**
   * A DenseNet.
   *
   * @param blocks dense layers of the four blocks
   * @param growth channels that each dense layer adds
   * @param stem channels of the first convolution
   */
  public record DenseNet(List<Integer> blocks, int growth, int stem) {
    public DenseNet {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * The triplet loss.
   *
   * @param margin above 0
   * @param faithful true for the computation of the paper's public code
   */
  public record Triplet(double margin, boolean faithful) {}
}
