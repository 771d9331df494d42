package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.Kernels;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The end of a residual block: relu(a + b) of two inputs of one shape (He et al., CVPR 2016). */
public final class AddRelu extends OwnVertex {
  private static final long serialVersionUID = 1L;

  @Override
  public AddRelu clone() {
    return connected(new AddRelu());
  }

  @Override
  public int maxVertexInputs() {
    return 2;
  }

  @Override
  OwnVertexImpl instantiate(ComputationGraph graph, String name, int index, DataType type) {
    return new Vertex(graph, name, index, type);
  }

  @Override
  public InputType getOutputType(int index, InputType... inputs) {
    return inputs[0];
  }

  /** Computes {@link AddRelu}. */
  @SuppressWarnings("overrides") // a varargs mismatch inside Deeplearning4j
  static final class Vertex extends OwnVertexImpl {
    private static final long serialVersionUID = 1L;

    private transient INDArray output;

    Vertex(ComputationGraph graph, String name, int index, DataType type) {
      super(graph, name, index, type);
    }

    @Override
    Takes takes(int number) {
      return Takes.BOTH;
    }

    @Override
    INDArray compute(LayerWorkspaceMgr workspaces) {
      if (!Arrays.equals(Activations.shape(inputs[0]), Activations.shape(inputs[1]))
          || isFlat(0) != isFlat(1)) {
        throw mismatch();
      }
      output =
          Kernels.get().addRelu(activation(inputs[0]), activation(inputs[1]), forward(workspaces));
      return isFlat(0) ? flat(output) : output;
    }

    @Override
    public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
      INDArray[] dxs = new INDArray[inputs.length];
      Form first = Form.of(activation(inputs[0]));
      dxs[0] = gradient(first, workspaces);
      Form second = Form.of(activation(inputs[1]));
      dxs[1] = second.equals(first) && mayShare() ? dxs[0] : gradient(second, workspaces);
      if (isFlat(0)) {
        dxs[0] = flat(dxs[0]);
        dxs[1] = flat(dxs[1]);
      }
      return new Pair<>(null, dxs);
    }

    private boolean isFlat(int number) {
      return inputs[number].rank() == 2;
    }

    /** [N,C,1,1] as [N,C]. */
    private static INDArray flat(INDArray array) {
      return array.reshape('c', Activations.examples(array), Activations.channels(array));
    }

    private INDArray gradient(Form form, LayerWorkspaceMgr workspaces) {
      return Kernels.get().reluBackward(output, activation(epsilon), form, backward(workspaces));
    }

    /**
     * Whether one array may be the gradient of both inputs: nothing writes over its gradient, and
     * the graph adds none to it, which it does in place, because nothing else uses the inputs.
     */
    private boolean mayShare() {
      if (!Kernels.get().keepsGradients(output.dataType())) {
        return false;
      }
      for (VertexIndices input : getInputVertices()) {
        GraphVertex vertex = graph.getVertices()[input.getVertexIndex()];
        if (vertex.getOutputVertices().length != 1) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void clear() {
      super.clear();
      output = null;
    }
  }
}
