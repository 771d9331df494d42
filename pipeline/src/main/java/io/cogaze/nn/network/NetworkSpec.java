package io.cogaze.nn.network;

import java.io.Serializable;

/** The size of a network: everything that decides the shapes of its tensors, and nothing else. */
public interface NetworkSpec extends Serializable {
  /** The kind in recipes, for instance {@code cooperative}. */
  String kind();

  /** Rows of the input canvas, pixels. */
  int height();

  /** Columns of the input canvas, pixels. */
  int width();

  /** Number of target classes C. */
  int classes();

  /** The network of this size. */
  Network network();
}
