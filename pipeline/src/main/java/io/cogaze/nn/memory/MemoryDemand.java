package io.cogaze.nn.memory;

import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.layer.Concat;
import io.cogaze.nn.network.BuiltNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * What a network asks of memory in one step, in bytes of float32: a pure function of the graph, the
 * batch and the number of native threads. No array is made and no native library loaded.
 *
 * @param weights parameters and running statistics, frozen ones included
 * @param learned parameters that have a gradient and optimiser state
 * @param kept outputs of what learns, which training keeps until the backward pass
 * @param frozen outputs of frozen vertices in training
 * @param gradients most that gradients of outputs take at once in the backward pass
 * @param live most that outputs take at once in inference, each until its last use; 0 in training
 * @param largest inputs and output of the vertex that has most of both: what a copy in another
 *     layout takes
 * @param threads native threads
 */
public record MemoryDemand(
    long weights,
    long learned,
    long kept,
    long frozen,
    long gradients,
    long live,
    long largest,
    int threads) {
  private static final long FLOAT_BYTES = 4;

  /** Demand of a training step. */
  public static MemoryDemand training(
      BuiltNetwork network, int height, int width, int batch, int threads) {
    Outputs outputs = new Outputs(network.configuration(), height, width, batch);
    return new MemoryDemand(
        weights(network),
        learned(network),
        outputs.all(false),
        outputs.all(true),
        outputs.mostGradients(),
        0,
        outputs.largest(),
        threads);
  }

  /** Demand of inference. */
  public static MemoryDemand inference(
      BuiltNetwork network, int height, int width, int batch, int threads) {
    Outputs outputs = new Outputs(network.configuration(), height, width, batch);
    return new MemoryDemand(
        weights(network), 0, 0, 0, 0, outputs.mostLive(), outputs.largest(), threads);
  }

  private static long weights(BuiltNetwork network) {
    return FLOAT_BYTES * (network.names().parameterCount() + network.names().statisticCount());
  }

  private static long learned(BuiltNetwork network) {
    long values = 0;
    for (TensorNames.Tensor tensor : network.names().tensors()) {
      if (tensor.trainable() && tensor.role() == TensorNames.Role.PARAMETER) {
        values += tensor.size();
      }
    }
    return FLOAT_BYTES * values;
  }

  /**
   * The outputs of a graph's vertices, in an order in which they can be computed. Concatenations of
   * one row (those of a dense block) lie in the memory of the first, which has room for the last.
   */
  private static final class Outputs {
    private final Map<String, List<String>> inputs;
    private final Set<String> order = new LinkedHashSet<>();
    private final Set<String> frozen = new LinkedHashSet<>();
    private final Map<String, Long> bytes = new LinkedHashMap<>();

    /** The memory of a vertex's output, by the vertex that takes it. */
    private final Map<String, String> places = new HashMap<>();

    private final Map<String, Long> placeBytes = new LinkedHashMap<>();

    Outputs(ComputationGraphConfiguration graph, int height, int width, int batch) {
      inputs = graph.getVertexInputs();
      Map<String, InputType> types =
          graph.getLayerActivationTypes(InputType.convolutional(height, width, 1));
      for (String vertex : graph.getVertices().keySet()) {
        put(vertex);
      }
      place(GraphAssembler.INPUT, FLOAT_BYTES * batch * height * width);
      for (String vertex : order) {
        InputType type = types.get(vertex);
        GraphVertex made = graph.getVertices().get(vertex);
        bytes.put(vertex, FLOAT_BYTES * batch * type.arrayElementsPerExample());
        if (BuiltNetwork.isFrozen(made)) {
          frozen.add(vertex);
        }
        long room = room(made);
        String before = inputs.get(vertex).get(0);
        if (room > 0 && room(graph.getVertices().get(before)) == room) {
          places.put(vertex, places.get(before));
        } else if (room > 0 && type instanceof InputType.InputTypeConvolutional map) {
          place(vertex, FLOAT_BYTES * batch * room * map.getHeight() * map.getWidth());
        } else {
          place(vertex, bytes.get(vertex));
        }
      }
    }

    private void place(String vertex, long size) {
      bytes.putIfAbsent(vertex, size);
      places.put(vertex, vertex);
      placeBytes.put(vertex, size);
    }

    private void put(String vertex) {
      if (order.contains(vertex) || !inputs.containsKey(vertex)) {
        return;
      }
      inputs.get(vertex).forEach(this::put);
      order.add(vertex);
    }

    private static GraphVertex inner(GraphVertex vertex) {
      return vertex instanceof FrozenVertex outer ? outer.getUnderlying() : vertex;
    }

    private static long room(GraphVertex vertex) {
      return vertex != null && inner(vertex) instanceof Concat concat ? concat.rowCapacity() : 0;
    }

    /** Bytes of all outputs of frozen vertices, or of all others. */
    long all(boolean ofFrozen) {
      Set<String> counted = new LinkedHashSet<>();
      long sum = 0;
      for (String vertex : order) {
        String place = places.get(vertex);
        if (frozen.contains(vertex) == ofFrozen && counted.add(place)) {
          sum += placeBytes.get(place);
        }
      }
      return sum;
    }

    /** An output's gradient lives from the first consumer's backward pass to its own. */
    long mostGradients() {
      List<String> backwards = new ArrayList<>(order);
      java.util.Collections.reverse(backwards);
      Set<String> live = new LinkedHashSet<>();
      long now = 0;
      long most = 0;
      for (String vertex : backwards) {
        if (frozen.contains(vertex)) {
          continue;
        }
        for (String input : inputs.get(vertex)) {
          String place = places.get(input);
          if (bytes.containsKey(input) && !frozen.contains(input) && live.add(place)) {
            now += placeBytes.get(place);
          }
        }
        most = Math.max(most, now);
        if (live.remove(vertex)) {
          now -= placeBytes.get(vertex);
        }
      }
      return most;
    }

    /** An output lives from its computation to its last consumer's. */
    long mostLive() {
      Map<String, String> lastUse = new HashMap<>();
      for (String vertex : order) {
        inputs.get(vertex).forEach(input -> lastUse.put(places.get(input), vertex));
      }
      long now = placeBytes.get(GraphAssembler.INPUT);
      long most = now;
      for (String vertex : order) {
        if (places.get(vertex).equals(vertex)) {
          now += placeBytes.get(vertex);
        }
        most = Math.max(most, now);
        Set<String> used = new LinkedHashSet<>();
        inputs.get(vertex).forEach(input -> used.add(places.get(input)));
        for (String place : used) {
          if (vertex.equals(lastUse.get(place))) {
            now -= placeBytes.get(place);
          }
        }
      }
      return most;
    }

    long largest() {
      long most = 0;
      for (String vertex : order) {
        long sum = bytes.get(vertex);
        for (String input : inputs.get(vertex)) {
          sum += bytes.get(input);
        }
        most = Math.max(most, sum);
      }
      return most;
    }
  }
}
