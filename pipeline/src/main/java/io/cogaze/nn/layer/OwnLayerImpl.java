package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the implementations of CoGaze's layers share. */
public abstract class OwnLayerImpl<C extends OwnLayer> extends BaseLayer<C> {
  private static final long serialVersionUID = 1L;

  protected OwnLayerImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /** The output of the present input, in any layout. */
  protected abstract INDArray compute(boolean training, LayerWorkspaceMgr workspaces);

  @Override
  public final INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray y = compute(training, workspaces);
    return layerConf().isInnerOutput() ? y : Border.outside(y, forward(workspaces));
  }

  /**
   * Errors: IllegalArgumentException that names the layer, what came and what was expected, when
   * the input is no activation, has another type than the network or a size of 0;
   * NotFiniteException when it comes from outside and holds NaN or infinity.
   */
  @Override
  public final void setInput(INDArray array, LayerWorkspaceMgr workspaces) {
    if (array != null) {
      C conf = layerConf();
      new Border(owner(), dataType, conf.takes(), conf.isInnerInput()).check("its input", array);
    }
    super.setInput(array, workspaces);
  }

  /** Errors: IllegalStateException that names the layer, when its graph was closed. */
  @Override
  public final INDArray getParam(String key) {
    INDArray parameter = super.getParam(key);
    if (parameter != null && parameter.wasClosed()) {
      throw new IllegalStateException(
          owner() + " has no parameters any more: its graph was closed, build and load it again");
    }
    return parameter;
  }

  /** The layer, for messages. */
  protected final String owner() {
    return "Layer " + layerConf().getLayerName();
  }

  @Override
  public abstract Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaces);

  @Override
  public final boolean isPretrainLayer() {
    return false;
  }

  @Override
  public final boolean hasBias() {
    return false;
  }

  @Override
  public boolean updaterDivideByMinibatch(String key) {
    return !layerConf().isStatistic(key);
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray gradients) {
    if (gradients != null) {
      super.setBackpropGradientsViewArray(gradients);
    }
  }

  /** The view into the flat gradient of a parameter; to be overwritten. */
  protected final INDArray gradientView(String key) {
    return gradientViews.get(key);
  }

  /** The gradients of all parameters, in the order of the flat vector. */
  protected final Gradient gradients() {
    Gradient all = new DefaultGradient(gradientsFlattened);
    if (gradientViews != null) {
      for (Map.Entry<String, INDArray> entry : gradientViews.entrySet()) {
        all.setGradientFor(entry.getKey(), entry.getValue(), 'c');
      }
    }
    return all;
  }

  /** The error for values that no network gives or takes. */
  protected final NotFiniteException notFinite(String what) {
    return new NotFiniteException(
        owner()
            + " takes finite numbers, "
            + what
            + ": the images hold it, or training diverged (lower the learning rate)");
  }

  /** Memory for what the forward pass computes. */
  protected static Buffers forward(LayerWorkspaceMgr workspaces) {
    return WorkspaceBuffers.forward(workspaces);
  }

  /** Memory for what the backward pass computes. */
  protected static Buffers backward(LayerWorkspaceMgr workspaces) {
    return WorkspaceBuffers.backward(workspaces);
  }

  /** An array [N,F] or [N,C,H,W], C order, for this layer's output. */
  protected final INDArray output(LayerWorkspaceMgr workspaces, long... shape) {
    return forward(workspaces).result(input.dataType(), shape);
  }

  /** An array for the gradient of this layer's input, C order. */
  protected final INDArray inputGradient(LayerWorkspaceMgr workspaces) {
    return backward(workspaces).result(input.dataType(), input.shape());
  }

  /** The input, as kernels take it. */
  protected final INDArray activation() {
    return WorkspaceBuffers.activation(owner(), dataType, input);
  }

  /** The gradient of the output, as kernels take it. */
  protected final INDArray activation(INDArray epsilon) {
    return WorkspaceBuffers.activation(owner(), dataType, epsilon);
  }

  /**
   * The input, as kernels take it. Errors: IllegalArgumentException that names the layer, when it
   * has another number of channels.
   */
  protected final INDArray activation(long channels) {
    INDArray activation = activation();
    if (Activations.channels(activation) != channels) {
      throw new IllegalArgumentException(
          owner()
              + " takes "
              + channels
              + " channels, its input has shape "
              + Arrays.toString(input.rank() > 4 ? Activations.shape(activation) : input.shape()));
    }
    return activation;
  }
}
