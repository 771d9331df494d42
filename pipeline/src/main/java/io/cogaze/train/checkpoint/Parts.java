package io.cogaze.train.checkpoint;

import io.cogaze.weights.Tensors;
import java.util.SortedMap;
import java.util.TreeMap;

/** Takes tensors apart by network part and puts them together. */
public final class Parts {
  private Parts() {}

  /** No tensors. */
  public static Tensors none() {
    return Tensors.of(new TreeMap<>());
  }

  /** The tensors of a part: those whose name begins with the part's. */
  public static Tensors of(Tensors tensors, String part) {
    SortedMap<String, Tensors.Tensor> found = new TreeMap<>();
    tensors
        .values()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(part + ".")) {
                found.put(name, tensor);
              }
            });
    return Tensors.of(found);
  }

  /** All of both; where both have a name, the second's. */
  public static Tensors together(Tensors first, Tensors second) {
    SortedMap<String, Tensors.Tensor> all = new TreeMap<>(first.values());
    all.putAll(second.values());
    return Tensors.of(all);
  }
}
