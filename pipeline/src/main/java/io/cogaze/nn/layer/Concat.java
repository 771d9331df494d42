package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.Kernels;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Concatenation along the channels: [N,C1,H,W], [N,C2,H,W], ... to [N,C1+C2+...,H,W]; or [N,F]. */
public final class Concat extends OwnVertex {
  private static final long serialVersionUID = 1L;

  @JsonProperty private long capacity;

  /** Of any number of inputs. */
  public Concat() {}

  /**
   * One of a row, each of which appends its second input to what the one before gave.
   *
   * <p>Errors: IllegalArgumentException for a capacity that no row has.
   *
   * @param capacity channels of the last of the row
   */
  public Concat(long capacity) {
    if (capacity < 0 || capacity > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A row of concatenations ends with 0 to "
              + Integer.MAX_VALUE
              + " channels, its capacity cannot be "
              + capacity);
    }
    this.capacity = capacity;
  }

  /** Channels of the last of the row that this is one of; 0 when it is of none. */
  public long rowCapacity() {
    return capacity;
  }

  @Override
  public Concat clone() {
    return connected(new Concat(capacity));
  }

  @Override
  List<Object> state() {
    return List.of(capacity);
  }

  @Override
  public int maxVertexInputs() {
    return Integer.MAX_VALUE;
  }

  @Override
  OwnVertexImpl instantiate(ComputationGraph graph, String name, int index, DataType type) {
    return new Vertex(graph, name, index, type, capacity);
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

    private final long capacity;

    Vertex(ComputationGraph graph, String name, int index, DataType type, long capacity) {
      super(graph, name, index, type);
      this.capacity = capacity;
    }

    @Override
    Takes takes(int number) {
      return Takes.BOTH;
    }

    @Override
    INDArray compute(LayerWorkspaceMgr workspaces) {
      long[] shape = Activations.shape(inputs[0]);
      INDArray[] xs = new INDArray[inputs.length];
      for (int i = 0; i < xs.length; i++) {
        long[] other = Activations.shape(inputs[i]);
        other[1] = shape[1];
        if (!Arrays.equals(shape, other) || isFlat(i) != isFlat(0)) {
          throw mismatch();
        }
        xs[i] = maps(activation(inputs[i]));
      }
      if (capacity > 0 && xs.length == 2 && !isFlat(0)) {
        return Kernels.get().append(xs[0], xs[1], capacity, forward(workspaces));
      }
      INDArray y = Kernels.get().concat(xs, forward(workspaces));
      return isFlat(0) ? y.reshape('c', y.size(0), Activations.channels(y)) : y;
    }

    @Override
    public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
      Form[] forms = new Form[inputs.length];
      for (int i = 0; i < forms.length; i++) {
        forms[i] = Form.of(maps(activation(inputs[i])));
      }
      INDArray[] dxs = Kernels.get().split(maps(activation(epsilon)), forms, backward(workspaces));
      for (int i = 0; i < dxs.length; i++) {
        dxs[i] = isFlat(i) ? dxs[i].reshape('c', inputs[i].shape()) : dxs[i];
      }
      return new Pair<>(null, dxs);
    }

    private boolean isFlat(int index) {
      return inputs[index].rank() == 2;
    }

    /** [N,F] as [N,F,1,1], anything else as it is. */
    private static INDArray maps(INDArray array) {
      return array.rank() == 2 ? array.reshape('c', array.size(0), array.size(1), 1, 1) : array;
    }
  }
}
