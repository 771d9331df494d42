package io.cogaze.nn.layer;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;

/**
 * Marks which layers and vertices of a graph are connected to none but CoGaze's own. They hand on
 * activations in the layouts that the kernel computes fastest in, which nobody else can read, and
 * do not look for NaN in each other's outputs. All others take and give [N,C,H,W] in C order.
 *
 * <p>The marks are part of the configuration and are saved with it. A graph without marks computes
 * the same, slower. Whoever changes a marked configuration marks it again.
 */
public final class InnerConnections {
  private final ComputationGraphConfiguration graph;
  private final Set<String> inside = new HashSet<>();

  private InnerConnections(ComputationGraphConfiguration graph) {
    this.graph = graph;
  }

  /** Sets the marks of every layer and vertex, in place. Returns the same configuration. */
  public static ComputationGraphConfiguration mark(ComputationGraphConfiguration graph) {
    new InnerConnections(graph).mark();
    return graph;
  }

  private void mark() {
    Map<String, List<String>> inputs = graph.getVertexInputs();
    for (String name : graph.getVertices().keySet()) {
      if (connected(name).isPresent()
          && inputs.get(name).stream().allMatch(below -> connected(below).isPresent())) {
        inside.add(name);
      }
    }
    Set<String> seenOutside = new HashSet<>(graph.getNetworkOutputs());
    inputs.forEach(
        (name, below) -> {
          if (!inside.contains(name)) {
            seenOutside.addAll(below);
          }
        });
    for (String name : graph.getVertices().keySet()) {
      connected(name)
          .ifPresent(own -> own.connect(inside.contains(name), !seenOutside.contains(name)));
    }
  }

  /** The layer or vertex of a name, if it is CoGaze's own and nothing changes its input. */
  private Optional<Connected> connected(String name) {
    GraphVertex vertex = graph.getVertices().get(name);
    if (vertex instanceof FrozenVertex frozen) {
      vertex = frozen.getUnderlying();
    }
    if (vertex instanceof LayerVertex of) {
      Layer layer = of.getLayerConf().getLayer();
      if (layer instanceof FrozenLayer frozen) {
        layer = frozen.getLayer();
      }
      return of.getPreProcessor() == null && layer instanceof OwnLayer own
          ? Optional.of(own)
          : Optional.empty();
    }
    return vertex instanceof OwnVertex own ? Optional.of(own) : Optional.empty();
  }

  /** What can be marked. */
  interface Connected {
    /**
     * Sets the marks.
     *
     * @param inputs whether every input comes from CoGaze's own
     * @param outputs whether everything that takes the output is CoGaze's own
     */
    void connect(boolean inputs, boolean outputs);
  }
}
