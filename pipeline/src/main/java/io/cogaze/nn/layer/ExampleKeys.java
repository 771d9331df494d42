package io.cogaze.nn.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;

/**
 * Says which examples the next minibatch holds, so that what is random in a layer depends on the
 * example and not on its place. Without keys it depends on the iteration and on the place.
 */
public final class ExampleKeys {
  /** A layer that draws random numbers for each example. */
  interface Receiver {
    /** Keys of the examples of the next minibatches, one a row; null for none. */
    void exampleKeys(long[] keys);
  }

  private ExampleKeys() {}

  /**
   * Gives the keys to every layer of the graph that draws. They hold until the next call.
   *
   * @param keys one a row of the next minibatch, for instance hashes of example ids; null: none
   */
  public static void assign(ComputationGraph graph, long[] keys) {
    for (Layer layer : graph.getLayers()) {
      Layer inner = layer instanceof FrozenLayer frozen ? frozen.getInsideLayer() : layer;
      if (inner instanceof Receiver receiver) {
        receiver.exampleKeys(keys == null ? null : keys.clone());
      }
    }
  }
}
