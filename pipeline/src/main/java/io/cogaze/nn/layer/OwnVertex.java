package io.cogaze.nn.layer;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;

/** Configuration of a vertex of CoGaze: several inputs, no parameters, no settings. */
public abstract class OwnVertex extends GraphVertex {
  private static final long serialVersionUID = 1L;

  @Override
  public final long numParams(boolean backprop) {
    return 0;
  }

  @Override
  public final int minVertexInputs() {
    return 2;
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof OwnVertex that
        && getClass().getName().equals(that.getClass().getName());
  }

  @Override
  public final int hashCode() {
    return getClass().getName().hashCode();
  }

  @Override
  public final MemoryReport getMemoryReport(InputType... inputs) {
    return new LayerMemoryReport.Builder(null, getClass(), inputs[0], getOutputType(-1, inputs))
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .cacheMemory(0, 0)
        .build();
  }

  /** Errors: IllegalArgumentException with all shapes. */
  protected static IllegalArgumentException mismatch(String vertex, Object... shapes) {
    return new IllegalArgumentException(
        "Vertex " + vertex + " cannot join inputs of shapes " + Arrays.deepToString(shapes));
  }
}
