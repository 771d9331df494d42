package io.cogaze.nn.network;

import java.util.Set;

/**
 * A family of graphs that share their parts. One input [N,1,H,W], float32, grey values in [0,1];
 * one output a requested {@link Head}.
 */
public interface Network {
  /** Names of the parts, in the order input to output. Tensor names begin with them. */
  Set<String> parts();

  /** What the network can be asked for. */
  Set<Head> heads();

  /** The parts that a head needs, trainable or not. Errors: IllegalArgumentException. */
  Set<String> parts(Head head);

  /**
   * The graph that computes the requested heads. Parts that no head needs are left out. Parts that
   * are not trainable are frozen: their parameters do not change and their batch normalisation uses
   * and keeps its running statistics.
   *
   * <p>Errors: IllegalArgumentException when a requested part is unknown or not needed by the
   * heads.
   */
  BuiltNetwork build(BuildRequest request);
}
