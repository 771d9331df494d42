package io.cogaze.nn.memory;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.network.BuiltNetwork;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * What the forward pass of one example asks of a processor: a pure function of the graph. No array
 * is made and no native library loaded.
 *
 * @param learnedMacs multiplications with an addition of convolutions and linear maps that have a
 *     gradient
 * @param frozenMacs of those that have none
 * @param learnedBytes outputs, float32, of vertices that have a gradient
 * @param frozenBytes of those that have none
 */
public record ComputeDemand(
    long learnedMacs, long frozenMacs, long learnedBytes, long frozenBytes) {

  /** Demand of a network. */
  public static ComputeDemand of(BuiltNetwork network, int height, int width) {
    ComputationGraphConfiguration graph = network.configuration();
    Map<String, InputType> types =
        graph.getLayerActivationTypes(InputType.convolutional(height, width, 1));
    Map<String, Long> macs = new HashMap<>();
    for (TensorNames.Tensor tensor : network.names().tensors()) {
      int axes = tensor.shape().size();
      if (axes > 1) {
        // A filter is used at each pixel of the output, a matrix once.
        boolean filter =
            axes > 2 && types.get(tensor.vertex()) instanceof InputType.InputTypeConvolutional;
        macs.merge(
            tensor.vertex(), tensor.size() * (filter ? pixels(types, tensor) : 1), Long::sum);
      }
    }
    long[] learned = new long[2];
    long[] frozen = new long[2];
    for (Map.Entry<String, GraphVertex> vertex : graph.getVertices().entrySet()) {
      long[] sums = BuiltNetwork.isFrozen(vertex.getValue()) ? frozen : learned;
      sums[0] += macs.getOrDefault(vertex.getKey(), 0L);
      sums[1] += Float.BYTES * types.get(vertex.getKey()).arrayElementsPerExample();
    }
    return new ComputeDemand(learned[0], frozen[0], learned[1], frozen[1]);
  }

  private static long pixels(Map<String, InputType> types, TensorNames.Tensor tensor) {
    InputType.InputTypeConvolutional map =
        (InputType.InputTypeConvolutional) types.get(tensor.vertex());
    return map.getHeight() * map.getWidth();
  }
}
