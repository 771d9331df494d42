package io.cogaze.weights;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies tensors between a graph and {@link Tensors}, by canonical name. */
public final class TensorStore {
  private TensorStore() {}

  /** All tensors of a graph, running statistics included. */
  public static Tensors read(ComputationGraph graph, TensorNames names) {
    return read(graph, names, tensor -> true);
  }

  /** The tensors of a graph that a condition chooses. */
  public static Tensors read(
      ComputationGraph graph, TensorNames names, Predicate<TensorNames.Tensor> chosen) {
    Map<String, INDArray> table = graph.paramTable();
    SortedMap<String, Tensors.Tensor> values = new TreeMap<>();
    for (TensorNames.Tensor tensor : names.tensors()) {
      if (chosen.test(tensor)) {
        float[] data = HostValues.floats(stored(table, tensor));
        values.put(tensor.name(), new Tensors.Tensor(tensor.dimensions(), data));
      }
    }
    return Tensors.of(values);
  }

  /**
   * Copies tensors into a graph by a map.
   *
   * @return the number of tensors copied, which is the map's
   * @throws io.cogaze.error.InputException when the map names a tensor that is not there, or a
   *     shape differs; the graph is then unchanged
   */
  public static int write(
      ComputationGraph graph, TensorNames names, Tensors tensors, TransferMap map) {
    map.require(tensors, names);
    Map<String, INDArray> table = graph.paramTable();
    map.targetToSource()
        .forEach(
            (target, source) ->
                HostValues.write(tensors.get(source).data(), stored(table, names.tensor(target))));
    return map.targetToSource().size();
  }

  /**
   * Restores every tensor of a graph from tensors of the same names.
   *
   * @throws io.cogaze.error.InputException when one is missing or of another shape
   */
  public static int restore(ComputationGraph graph, TensorNames names, Tensors tensors) {
    return write(graph, names, tensors, TransferMap.identity(names));
  }

  private static INDArray stored(Map<String, INDArray> table, TensorNames.Tensor tensor) {
    INDArray array = table.get(tensor.tableKey());
    if (array == null || !Arrays.equals(array.shape(), tensor.dimensions())) {
      throw new IllegalArgumentException(
          "The graph does not hold "
              + tensor
              + " at "
              + tensor.tableKey()
              + ": these names belong to another graph");
    }
    return array;
  }
}
