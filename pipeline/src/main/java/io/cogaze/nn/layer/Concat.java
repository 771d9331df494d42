package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Kernels;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Concatenation along the channels: [N,C1,H,W], [N,C2,H,W], ... to [N,C1+C2+...,H,W]; or [N,F]. */
public final class Concat extends OwnVertex {
  private static final long serialVersionUID = 1L;

  @Override
  public Concat clone() {
    return new Concat();
  }

  @Override
  public int maxVertexInputs() {
    return Integer.MAX_VALUE;
  }

  @Override
  OwnVertexImpl instantiate(ComputationGraph graph, String name, int index, DataType type) {
    return new Vertex(graph, name, index, type);
  }

  @Override
  public InputType getOutputType(int index, InputType... inputs) {
    if (inputs[0] instanceof InputType.InputTypeConvolutional first) {
      long channels = 0;
      for (InputType input : inputs) {
        channels += ((InputType.InputTypeConvolutional) input).getChannels();
      }
      return InputType.convolutional(first.getHeight(), first.getWidth(), channels);
    }
    long size = 0;
    for (InputType input : inputs) {
      size += ((InputType.InputTypeFeedForward) input).getSize();
    }
    return InputType.feedForward(size);
  }

  /** Computes {@link Concat}. */
  @SuppressWarnings("overrides") // a varargs mismatch inside Deeplearning4j
  static final class Vertex extends OwnVertexImpl {
    private static final long serialVersionUID = 1L;

    Vertex(ComputationGraph graph, String name, int index, DataType type) {
      super(graph, name, index, type);
    }

    @Override
    public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
      long[] shape = inputs[0].shape().clone();
      shape[1] = 0;
      INDArray[] xs = new INDArray[inputs.length];
      for (int i = 0; i < xs.length; i++) {
        long[] other = inputs[i].shape().clone();
        shape[1] += other[1];
        other[1] = shape[1];
        if (!Arrays.equals(shape, other)) {
          throw mismatch();
        }
        xs[i] = OwnLayerImpl.dense(inputs[i]);
      }
      INDArray y =
          workspaces.createUninitialized(ArrayType.ACTIVATIONS, xs[0].dataType(), shape, 'c');
      Kernels.get().concat(xs, y);
      return y;
    }

    @Override
    public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
      INDArray[] dxs = new INDArray[inputs.length];
      long[] channels = new long[inputs.length];
      for (int i = 0; i < dxs.length; i++) {
        channels[i] = inputs[i].size(1);
        dxs[i] =
            workspaces.createUninitialized(
                ArrayType.ACTIVATION_GRAD, epsilon.dataType(), inputs[i].shape(), 'c');
      }
      Kernels.get().split(OwnLayerImpl.dense(epsilon), dxs, channels);
      return new Pair<>(null, dxs);
    }
  }
}
