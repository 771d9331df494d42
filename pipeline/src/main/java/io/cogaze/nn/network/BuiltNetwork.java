package io.cogaze.nn.network;

import io.cogaze.nn.block.TensorNames;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;

/**
 * A graph, ready for {@code new ComputationGraph(configuration)} and {@code init()}.
 *
 * @param configuration of Deeplearning4j; a graph counts its iterations in it, so that a second
 *     graph needs a clone of its own
 * @param outputs the head of each network output, in the order of the graph's outputs and of a
 *     MultiDataSet's labels
 * @param names of every tensor
 */
public record BuiltNetwork(
    ComputationGraphConfiguration configuration, List<Head> outputs, TensorNames names) {

  public BuiltNetwork {
    outputs = List.copyOf(outputs);
  }

  /** Whether a vertex was built without a way back: no gradient goes through it. */
  public static boolean isFrozen(GraphVertex vertex) {
    return vertex instanceof FrozenVertex
        || (vertex instanceof LayerVertex layer
            && layer.getLayerConf().getLayer() instanceof FrozenLayer);
  }
}
