package io.cogaze.nn.layer;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Configuration of a vertex of CoGaze: several inputs, no parameters. */
public abstract class OwnVertex extends GraphVertex implements InnerConnections.Connected {
  private static final long serialVersionUID = 1L;

  @JsonProperty private boolean innerInput;
  @JsonProperty private boolean innerOutput;

  @Override
  public final void connect(boolean inputs, boolean outputs) {
    innerInput = inputs;
    innerOutput = outputs;
  }

  /** The copy, with the connections of this one. */
  final <V extends OwnVertex> V connected(V copy) {
    copy.connect(innerInput, innerOutput);
    return copy;
  }

  /** The values that decide what this vertex is, for equality. */
  List<Object> state() {
    return List.of();
  }

  @Override
  public final long numParams(boolean backprop) {
    return 0;
  }

  @Override
  public final int minVertexInputs() {
    return 2;
  }

  @Override
  public final org.deeplearning4j.nn.graph.vertex.GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray view,
      boolean initializeParams,
      DataType type) {
    Border.requireSupported("Vertex " + name, type);
    OwnVertexImpl vertex = instantiate(graph, name, index, type);
    vertex.connect(innerInput, innerOutput);
    return vertex;
  }

  /** What computes this vertex. */
  abstract OwnVertexImpl instantiate(ComputationGraph graph, String name, int index, DataType type);

  @Override
  public final boolean equals(Object other) {
    return other instanceof OwnVertex that
        && getClass().getName().equals(that.getClass().getName())
        && innerInput == that.innerInput
        && innerOutput == that.innerOutput
        && state().equals(that.state());
  }

  @Override
  public final int hashCode() {
    return Objects.hash(getClass().getName(), state());
  }

  @Override
  public final MemoryReport getMemoryReport(InputType... inputs) {
    return new LayerMemoryReport.Builder(null, getClass(), inputs[0], getOutputType(-1, inputs))
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .cacheMemory(0, 0)
        .build();
  }
}
