package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import java.util.Arrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.BaseGraphVertex;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What computes an {@link OwnVertex}: no parameters, no layer inside, no masks passed on. */
@SuppressWarnings("overrides") // a varargs mismatch inside Deeplearning4j
abstract class OwnVertexImpl extends BaseGraphVertex {
  private static final long serialVersionUID = 1L;

  private boolean innerInput;
  private boolean innerOutput;

  OwnVertexImpl(ComputationGraph graph, String name, int index, DataType type) {
    super(graph, name, index, null, null, type);
  }

  /** See {@link InnerConnections}. */
  final void connect(boolean inputs, boolean outputs) {
    innerInput = inputs;
    innerOutput = outputs;
  }

  /** The form of an input. */
  abstract Takes takes(int number);

  /** The output of the present inputs, in any layout. */
  abstract INDArray compute(LayerWorkspaceMgr workspaces);

  @Override
  public final INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray y = compute(workspaces);
    return innerOutput ? y : Border.outside(y, forward(workspaces));
  }

  /** Errors: as a layer's, with the vertex and the number of the input. */
  @Override
  public final void setInput(int number, INDArray input, LayerWorkspaceMgr workspaces) {
    if (input != null) {
      new Border("Vertex " + vertexName, dataType, takes(number), innerInput)
          .check("its input " + number, input);
    }
    super.setInput(number, input, workspaces);
  }

  /** Errors: IllegalArgumentException with all shapes. */
  final IllegalArgumentException mismatch() {
    return new IllegalArgumentException(
        "Vertex "
            + vertexName
            + " cannot join inputs of shapes "
            + Arrays.deepToString(Arrays.stream(inputs).map(OwnVertexImpl::shape).toArray()));
  }

  private static long[] shape(INDArray array) {
    return array.rank() == 2 ? array.shape() : Activations.shape(array);
  }

  /** Memory for what the forward pass computes. */
  static Buffers forward(LayerWorkspaceMgr workspaces) {
    return WorkspaceBuffers.forward(workspaces);
  }

  /** Memory for what the backward pass computes. */
  static Buffers backward(LayerWorkspaceMgr workspaces) {
    return WorkspaceBuffers.backward(workspaces);
  }

  /** An input or an epsilon, as kernels take it. */
  final INDArray activation(INDArray array) {
    return WorkspaceBuffers.activation("Vertex " + vertexName, dataType, array);
  }

  @Override
  public final void setBackpropGradientsViewArray(INDArray gradients) {
    if (gradients != null && gradients.length() > 0) {
      throw new IllegalArgumentException("Vertex " + vertexName + " has no parameters");
    }
  }

  @Override
  public final Pair<INDArray, MaskState> feedForwardMaskArrays(
      INDArray[] masks, MaskState state, int minibatch) {
    return new Pair<>(null, state);
  }

  @Override
  public final boolean hasLayer() {
    return false;
  }

  @Override
  public final Layer getLayer() {
    return null;
  }

  @Override
  public final String toString() {
    return getClass().getEnclosingClass().getSimpleName() + "(" + vertexName + ")";
  }
}
