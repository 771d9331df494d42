package io.cogaze.nn.layer;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
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

  @Override
  public abstract INDArray activate(boolean training, LayerWorkspaceMgr workspaces);

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

  /** An array for this layer's output. */
  protected final INDArray output(LayerWorkspaceMgr workspaces, long... shape) {
    return workspaces.createUninitialized(ArrayType.ACTIVATIONS, input.dataType(), shape, 'c');
  }

  /** An array for the gradient of this layer's input. */
  protected final INDArray inputGradient(LayerWorkspaceMgr workspaces) {
    return workspaces.createUninitialized(
        ArrayType.ACTIVATION_GRAD, input.dataType(), input.shape(), 'c');
  }

  /** Errors: IllegalArgumentException that names the layer, when the input has another shape. */
  protected final void requireChannels(long channels) {
    assertInputSet(false);
    if (input.rank() < 2 || input.size(1) != channels) {
      throw new IllegalArgumentException(
          "Layer "
              + layerConf().getLayerName()
              + " takes "
              + channels
              + " channels, its input has shape "
              + Arrays.toString(input.shape()));
    }
  }

  /** The array itself when it is contiguous in C order, else a copy in the open workspace. */
  protected static INDArray dense(INDArray array) {
    return isDense(array) ? array : array.dup('c');
  }

  private static boolean isDense(INDArray array) {
    long expected = 1;
    for (int axis = array.rank() - 1; axis >= 0; axis--) {
      if (array.size(axis) != 1 && array.stride(axis) != expected) {
        return false;
      }
      expected *= array.size(axis);
    }
    return true;
  }
}
