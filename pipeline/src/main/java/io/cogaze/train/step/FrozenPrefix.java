package io.cogaze.train.step;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.network.BuiltNetwork;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;

/**
 * A network cut where its frozen beginning ends: what the beginning gives for an example never
 * changes while a stage trains, so it need be computed only once.
 *
 * @param boundary the frozen vertices whose activations the rest of the network takes
 * @param rest the network after the cut, whose inputs are the boundary's activations
 */
public record FrozenPrefix(List<String> boundary, BuiltNetwork rest) {

  /** The cut of a network; empty when a part that learns looks at the image itself. */
  public static Optional<FrozenPrefix> of(BuiltNetwork whole) {
    ComputationGraphConfiguration configuration = whole.configuration();
    Map<String, GraphVertex> vertices = configuration.getVertices();
    Map<String, List<String>> inputs = configuration.getVertexInputs();
    List<String> live = new ArrayList<>();
    Set<String> boundary = new LinkedHashSet<>();
    vertices.forEach(
        (name, vertex) -> {
          if (!BuiltNetwork.isFrozen(vertex)) {
            live.add(name);
          }
        });
    for (String name : live) {
      for (String input : inputs.get(name)) {
        if (configuration.getNetworkInputs().contains(input)) {
          return Optional.empty();
        }
        if (BuiltNetwork.isFrozen(vertices.get(input))) {
          boundary.add(input);
        }
      }
    }
    if (boundary.isEmpty()) {
      return Optional.empty();
    }
    ComputationGraphConfiguration.GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .trainingWorkspaceMode(configuration.getTrainingWorkspaceMode())
            .inferenceWorkspaceMode(configuration.getInferenceWorkspaceMode())
            .graphBuilder()
            .addInputs(boundary);
    for (String name : live) {
      builder.addVertex(name, vertices.get(name).clone(), inputs.get(name).toArray(new String[0]));
    }
    builder.setOutputs(configuration.getNetworkOutputs().toArray(new String[0]));
    List<TensorNames.Tensor> tensors =
        whole.names().tensors().stream().filter(tensor -> live.contains(tensor.vertex())).toList();
    return Optional.of(
        new FrozenPrefix(
            List.copyOf(boundary),
            new BuiltNetwork(builder.build(), whole.outputs(), new TensorNames(tensors))));
  }
}
