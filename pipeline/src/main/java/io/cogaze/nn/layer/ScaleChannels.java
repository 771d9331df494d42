package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernel;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A map times a gate: [N,C,H,W] and [N,C] to [N,C,H,W]. */
public final class ScaleChannels extends OwnVertex {
  private static final long serialVersionUID = 1L;

  @Override
  public ScaleChannels clone() {
    return connected(new ScaleChannels());
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

  /** Computes {@link ScaleChannels}. */
  @SuppressWarnings("overrides") // a varargs mismatch inside Deeplearning4j
  static final class Vertex extends OwnVertexImpl {
    private static final long serialVersionUID = 1L;

    Vertex(ComputationGraph graph, String name, int index, DataType type) {
      super(graph, name, index, type);
    }

    @Override
    Takes takes(int number) {
      return number == 0 ? Takes.MAPS : Takes.VECTORS;
    }

    @Override
    INDArray compute(LayerWorkspaceMgr workspaces) {
      INDArray x = activation(inputs[0]);
      INDArray gate = inputs[1];
      if (gate.size(0) != Activations.examples(x) || gate.size(1) != Activations.channels(x)) {
        throw mismatch();
      }
      return scaled(x, Kernels.get().output(x), forward(workspaces));
    }

    @Override
    public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
      INDArray x = activation(inputs[0]);
      INDArray dy = activation(epsilon);
      Buffers buffers = backward(workspaces);
      INDArray gate = buffers.result(x.dataType(), inputs[1].shape());
      HostValues.write(Kernels.get().channelProducts(dy, x, buffers), gate);
      return new Pair<>(null, new INDArray[] {scaled(dy, Form.of(x), buffers), gate});
    }

    private INDArray scaled(INDArray x, Form output, Buffers buffers) {
      Kernel kernel = Kernels.get();
      double[] gate = HostValues.doubles(inputs[1]);
      return kernel.scaleChannels(x, gate, new double[gate.length], output, buffers);
    }
  }
}
