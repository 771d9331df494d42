package io.cogaze.weights;

import io.cogaze.error.InputException;
import io.cogaze.nn.block.TensorNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which tensor of a source becomes which tensor of a network. Every tensor that moves is named; one
 * that is missing, or of another shape, is an error and never skipped.
 *
 * @param targetToSource canonical name in the network to name in the source
 */
public record TransferMap(SortedMap<String, String> targetToSource) {

  public TransferMap {
    targetToSource = Collections.unmodifiableSortedMap(new TreeMap<>(targetToSource));
  }

  /** Every tensor of a network from the one of the same name. */
  public static TransferMap identity(TensorNames names) {
    return of(names.tensors(), "");
  }

  /**
   * Every tensor of some parts of a network from the one of the same name.
   *
   * @throws IllegalArgumentException when the network has no tensor of a part
   */
  public static TransferMap parts(TensorNames names, Collection<String> parts) {
    return parts(names, parts, "");
  }

  /**
   * The same, where the source's names have a prefix, for instance {@code model.module.}.
   *
   * @throws IllegalArgumentException when the network has no tensor of a part
   */
  public static TransferMap parts(TensorNames names, Collection<String> parts, String prefix) {
    List<TensorNames.Tensor> tensors = new ArrayList<>();
    for (String part : parts) {
      List<TensorNames.Tensor> found = names.tensors(part);
      if (found.isEmpty()) {
        throw new IllegalArgumentException(
            "The network has no tensor of part '"
                + part
                + "'; it has parts "
                + names.parameterCounts().keySet());
      }
      tensors.addAll(found);
    }
    return of(tensors, prefix);
  }

  private static TransferMap of(List<TensorNames.Tensor> tensors, String prefix) {
    SortedMap<String, String> map = new TreeMap<>();
    tensors.forEach(tensor -> map.put(tensor.name(), prefix + tensor.name()));
    return new TransferMap(map);
  }

  /** Number of tensors that move. */
  public int size() {
    return targetToSource.size();
  }

  /** Checks names and shapes. Errors: {@link InputException} that lists up to ten problems. */
  void require(Tensors source, TensorNames names) {
    List<String> problems = new ArrayList<>();
    targetToSource.forEach(
        (target, from) -> {
          TensorNames.Tensor wanted = names.find(target).orElse(null);
          Tensors.Tensor given = source.values().get(from);
          if (wanted == null) {
            problems.add("the network has no tensor " + target);
          } else if (given == null) {
            problems.add(from + " is missing");
          } else if (!Arrays.equals(given.shape(), wanted.dimensions())) {
            problems.add(
                from + " has shape " + Arrays.toString(given.shape()) + ", expected " + wanted);
          }
        });
    if (problems.isEmpty() && targetToSource.isEmpty()) {
      problems.add("the map names no tensor");
    }
    if (!problems.isEmpty()) {
      List<String> shown = problems.subList(0, Math.min(10, problems.size()));
      throw new InputException(
          "Could not transfer "
              + targetToSource.size()
              + " tensors, "
              + problems.size()
              + " do not fit: "
              + String.join("; ", shown)
              + (problems.size() > shown.size() ? "; ..." : "")
              + ". The source must come from a network of the same size: compare base width, blocks,"
              + " growth, stem and classes");
    }
  }
}
