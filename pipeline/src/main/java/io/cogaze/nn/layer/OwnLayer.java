package io.cogaze.nn.layer;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Configuration of a layer of CoGaze: declares parameters and hands out the implementation.
 * Subclasses mark their fields with {@code @JsonProperty} and have a constructor without arguments,
 * so that Deeplearning4j's mapper can write and read them by class name.
 */
public abstract class OwnLayer extends BaseLayer implements InnerConnections.Connected {
  private static final long serialVersionUID = 1L;

  @JsonProperty private boolean innerInput;
  @JsonProperty private boolean innerOutput;

  /** The parameters, in the order in which they lie in the flat vector. */
  public abstract List<ParameterSpec> parameters();

  /** The layer that computes. */
  protected abstract OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type);

  /** The values that decide what this layer is, for equality. */
  protected abstract List<Object> state();

  /** What the layer takes. */
  protected Takes takes() {
    return Takes.MAPS;
  }

  @Override
  public final void connect(boolean inputs, boolean outputs) {
    innerInput = inputs;
    innerOutput = outputs;
  }

  /** Whether the input comes from a layer of CoGaze, see {@link InnerConnections}. */
  final boolean isInnerInput() {
    return innerInput;
  }

  /** Whether layers of CoGaze alone take the output, see {@link InnerConnections}. */
  final boolean isInnerOutput() {
    return innerOutput;
  }

  @Override
  public final org.deeplearning4j.nn.api.Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray view,
      boolean initializeParams,
      DataType type) {
    Border.requireSupported("Layer " + getLayerName(), type);
    OwnLayerImpl<?> layer = implementation(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(view);
    Map<String, INDArray> table = initializer().init(conf, view, initializeParams);
    layer.setParamTable(table);
    layer.setConf(conf);
    return layer;
  }

  @Override
  public final ParamInitializer initializer() {
    return ParameterLayout.INSTANCE;
  }

  @Override
  public final IUpdater getUpdaterByParam(String key) {
    return isStatistic(key) ? new NoOp() : getIUpdater();
  }

  @Override
  public final List<Regularization> getRegularizationByParam(String key) {
    return initializer().isWeightParam(this, key) ? getRegularization() : null;
  }

  final boolean isStatistic(String key) {
    return parameters().stream().anyMatch(spec -> spec.key().equals(key) && spec.statistic());
  }

  /** Sizes are given to the constructor, never taken from the input. */
  @Override
  public final void setNIn(InputType inputType, boolean override) {
    Objects.requireNonNull(inputType);
  }

  @Override
  public final InputPreProcessor getPreProcessorForInputType(InputType inputType) {
    return null;
  }

  @Override
  public final boolean isPretrainParam(String key) {
    return false;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    long updater = 0;
    for (ParameterSpec spec : parameters()) {
      updater += getUpdaterByParam(spec.key()).stateSize(spec.size());
    }
    return new LayerMemoryReport.Builder(
            getLayerName(), getClass(), inputType, getOutputType(-1, inputType))
        .standardMemory(initializer().numParams(this), updater)
        .workingMemory(0, 0, 0, 0)
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  @Override
  public OwnLayer clone() {
    return (OwnLayer) super.clone();
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof OwnLayer that
        && getClass() == that.getClass()
        && super.equals(other)
        && innerInput == that.innerInput
        && innerOutput == that.innerOutput
        && state().equals(that.state());
  }

  @Override
  public final int hashCode() {
    return Objects.hash(getClass().getName(), getLayerName(), state());
  }

  @Override
  protected final boolean canEqual(Object other) {
    return other instanceof OwnLayer;
  }

  /** The type of an activation [N,C,H,W]. Errors: IllegalArgumentException for another type. */
  protected final InputType.InputTypeConvolutional image(InputType type) {
    if (type instanceof InputType.InputTypeConvolutional image) {
      return image;
    }
    throw new IllegalArgumentException(
        "Layer " + getLayerName() + " takes [N,C,H,W], its input is of type " + type);
  }
}
