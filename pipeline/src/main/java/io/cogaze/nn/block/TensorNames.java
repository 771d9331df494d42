package io.cogaze.nn.block;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The registry of a graph's tensors: canonical name to vertex and parameter key of Deeplearning4j.
 * Canonical names are those of PyTorch below the part's name, for instance {@code
 * densenet.denseblock1.denselayer1.norm1.running_var}. They do not depend on which heads were
 * requested or on what is frozen.
 */
public final class TensorNames implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What a tensor is for. */
  public enum Role {
    /** Learned by gradient, unless its part is frozen. */
    PARAMETER,
    /** Running mean or running variance of batch normalisation. */
    STATISTIC
  }

  /**
   * One tensor.
   *
   * @param name canonical
   * @param part of the network
   * @param vertex name in the graph
   * @param key of the parameter in the vertex
   * @param trainable false for everything in a frozen part; a trainable part's running statistics
   *     are true: they change while training
   * @param shape convolution [out,in,kh,kw], linear [out,in], vectors [n]; C order
   */
  public record Tensor(
      String name,
      String part,
      String vertex,
      String key,
      Role role,
      boolean trainable,
      List<Long> shape)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    public Tensor {
      shape = List.copyOf(shape);
    }

    /** Number of values. */
    public long size() {
      return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /** The shape as ND4J wants it. */
    public long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** The key in {@code ComputationGraph.paramTable()}. */
    public String tableKey() {
      return vertex + "_" + key;
    }

    @Override
    public String toString() {
      return name + Arrays.toString(dimensions());
    }
  }

  private final LinkedHashMap<String, Tensor> byName = new LinkedHashMap<>();
  private final LinkedHashMap<String, String> byTableKey = new LinkedHashMap<>();

  public TensorNames(List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      if (byName.put(tensor.name(), tensor) != null) {
        throw new IllegalArgumentException("Two tensors are named " + tensor.name());
      }
      if (byTableKey.put(tensor.tableKey(), tensor.name()) != null) {
        throw new IllegalArgumentException("Two tensors are stored at " + tensor.tableKey());
      }
    }
  }

  /** All tensors, in the order of the graph's construction, input to output. */
  public List<Tensor> tensors() {
    return List.copyOf(byName.values());
  }

  /** The tensors of a part; empty when the graph does not have the part. */
  public List<Tensor> tensors(String part) {
    List<Tensor> found = new ArrayList<>();
    for (Tensor tensor : byName.values()) {
      if (tensor.part().equals(part)) {
        found.add(tensor);
      }
    }
    return found;
  }

  /** The tensor of a canonical name. Errors: IllegalArgumentException for an unknown one. */
  public Tensor tensor(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The network has no tensor named " + name + "; it has " + byName.keySet()));
  }

  /** The tensor of a canonical name, if the graph has it. */
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The tensor at a key of {@code ComputationGraph.paramTable()}, if there is one. */
  public Optional<Tensor> atTableKey(String tableKey) {
    return Optional.ofNullable(byTableKey.get(tableKey)).map(byName::get);
  }

  /** Number of learned values, without running statistics: the number that papers state. */
  public long parameterCount() {
    return count(Role.PARAMETER);
  }

  /** Number of values of running statistics. */
  public long statisticCount() {
    return count(Role.STATISTIC);
  }

  /** Number of learned values of each part, without running statistics. */
  public Map<String, Long> parameterCounts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Tensor tensor : byName.values()) {
      if (tensor.role() == Role.PARAMETER) {
        counts.merge(tensor.part(), tensor.size(), Long::sum);
      }
    }
    return counts;
  }

  private long count(Role role) {
    return byName.values().stream().filter(t -> t.role() == role).mapToLong(Tensor::size).sum();
  }
}
