package io.cogaze.nn.network;

import java.io.Serializable;
import java.util.List;

/**
 * The size of a DenseNet's feature layers (Huang et al., Densely Connected Convolutional Networks,
 * CVPR 2017, table 1, bottleneck and compression variant).
 *
 * @param blocks dense layers of each of the four blocks
 * @param growth channels that a dense layer adds
 * @param stem channels of the first convolution
 */
public record DenseNetSpec(List<Integer> blocks, int growth, int stem) implements Serializable {
  private static final long serialVersionUID = 1L;

  public DenseNetSpec {
    blocks = List.copyOf(blocks);
    if (blocks.size() != 4 || blocks.stream().anyMatch(b -> b < 1)) {
      throw new IllegalArgumentException(
          "DenseNet needs four block sizes of at least 1, got " + blocks);
    }
    if (growth < 1 || stem < 1) {
      throw new IllegalArgumentException(
          "DenseNet's growth and stem must be at least 1, got " + growth + " and " + stem);
    }
  }

  /** DenseNet-121. */
  public static DenseNetSpec densenet121() {
    return new DenseNetSpec(List.of(6, 12, 24, 16), 32, 64);
  }

  /** DenseNet-169. */
  public static DenseNetSpec densenet169() {
    return new DenseNetSpec(List.of(6, 12, 32, 32), 32, 64);
  }

  /** DenseNet-201. */
  public static DenseNetSpec densenet201() {
    return new DenseNetSpec(List.of(6, 12, 48, 32), 32, 64);
  }

  /** Channels of the last block's output, which are those of the embedding. */
  public int channels() {
    int channels = stem;
    for (int block = 0; block < blocks.size(); block++) {
      channels += blocks.get(block) * growth;
      if (block < blocks.size() - 1) {
        channels /= 2;
      }
    }
    return channels;
  }
}
