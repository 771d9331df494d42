package io.cogaze.train.plan;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/**
 * The network of a recipe; the key {@code kind} names which. Height, width and classes come from
 * the shards.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = NetworkSettings.Cooperative.class, name = "cooperative"),
  @JsonSubTypes.Type(value = NetworkSettings.Densenet.class, name = "densenet"),
  @JsonSubTypes.Type(value = NetworkSettings.MtUnet.class, name = "mt-unet")
})
public sealed interface NetworkSettings {
  /**
   * The dual-encoder network.
   *
   * @param baseWidth channels of the residual encoder's first level
   * @param densenet the first encoder
   * @param hidden width of the fused classifier's hidden layer
   * @param dropout probability of dropping a hidden value of the fused classifier, [0, 1)
   * @param triplet the loss of the embedding head
   */
  record Cooperative(
      int baseWidth, DenseNetSize densenet, int hidden, double dropout, Triplet triplet)
      implements NetworkSettings {}

  /**
   * A DenseNet with a linear classifier.
   *
   * @param densenet the feature layers
   * @param triplet the loss of the embedding head
   */
  record Densenet(DenseNetSize densenet, Triplet triplet) implements NetworkSettings {}

  /**
   * One U-Net for the gaze map and the diagnosis.
   *
   * @param baseWidth channels of the first level
   * @param hidden width of the classifier's hidden layer
   * @param dropout probability of dropping a hidden value of the classifier, [0, 1)
   */
  record MtUnet(int baseWidth, int hidden, double dropout) implements NetworkSettings {}

  /**
   * The size of a DenseNet.
   *
   * @param blocks dense layers of the four blocks
   * @param growth channels that each dense layer adds
   * @param stem channels of the first convolution
   */
  record DenseNetSize(List<Integer> blocks, int growth, int stem) {
    public DenseNetSize {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * The triplet loss.
   *
   * @param margin above 0
   * @param faithful true for the computation of the paper's public code
   */
  record Triplet(double margin, boolean faithful) {}
}
