package io.cogaze.nn.layer;

import java.util.List;

/**
 * One parameter of a layer.
 *
 * @param key in the layer's parameter table; no underscore
 * @param canonical the last part of its canonical name, as PyTorch calls it
 * @param shape C order
 * @param statistic true for running statistics, which no updater touches
 * @param initial the first values
 */
public record ParameterSpec(
    String key, String canonical, List<Long> shape, boolean statistic, Initial initial) {

  /** How a parameter starts. */
  public sealed interface Initial {}

  /** All values the same. */
  public record Constant(double value) implements Initial {}

  /** Uniform in [-bound, bound). */
  public record Uniform(double bound) implements Initial {}

  /** Normal with mean 0. */
  public record Normal(double deviation) implements Initial {}

  public ParameterSpec {
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
}
