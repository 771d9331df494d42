package io.cogaze.train.plan;

import java.util.List;

/**
 * Tensors that a stage takes over from an earlier one.
 *
 * @param fromStage name of the earlier stage; its best checkpoint is read
 * @param parts the network parts of which every tensor is copied, running statistics included
 */
public record InitWeights(String fromStage, List<String> parts) {
  /** Errors: {@link IllegalArgumentException} when no part is named. */
  public InitWeights {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(
          "init-weights from stage '" + fromStage + "' names no part; list the parts to copy");
    }
  }
}
