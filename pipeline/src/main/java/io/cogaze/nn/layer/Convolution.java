package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.ConvolutionShape;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * 2-d convolution, [N,I,H,W] to [N,O,H',W'], weights [O,I,kh,kw]. An input with fewer channels than
 * I is repeated along its channels until it has I (a grey picture given to a network for colour).
 */
public final class Convolution extends OwnLayer {
  private static final long serialVersionUID = 1L;

  /** First values of the weights. */
  public enum Initialisation {
    /** Uniform in +-1/sqrt(fan-in), bias too: PyTorch's default. */
    PYTORCH,
    /**
     * Normal with deviation sqrt(2/fan-in): He et al., ICCV 2015; what torchvision's DenseNet has.
     */
    HE_NORMAL
  }

  @JsonProperty private int inputs;
  @JsonProperty private int outputs;
  @JsonProperty private Window window;
  @JsonProperty private boolean bias;
  @JsonProperty private int repeat = 1;
  @JsonProperty private boolean inputGradient = true;
  @JsonProperty private Initialisation initialisation = Initialisation.PYTORCH;

  Convolution() {}

  /** Any window. First values are PyTorch's default. */
  public Convolution(int inputs, int outputs, ConvolutionShape window, boolean bias) {
    this.inputs = Sizes.positive("Input channels of a convolution", inputs);
    this.outputs = Sizes.positive("Output channels of a convolution", outputs);
    this.window = new Window(window);
    this.bias = bias;
  }

  /** k x k with stride 1 and the size kept; k is odd. */
  public static Convolution same(int inputs, int outputs, int kernel, boolean bias) {
    return new Convolution(
        inputs, outputs, ConvolutionShape.square(odd(kernel), 1, kernel / 2), bias);
  }

  /** k x k with stride 2 and the size halved; k is odd. */
  public static Convolution halving(int inputs, int outputs, int kernel, boolean bias) {
    return new Convolution(
        inputs, outputs, ConvolutionShape.square(odd(kernel), 2, kernel / 2), bias);
  }

  private static int odd(int kernel) {
    if (kernel % 2 == 0) {
      throw new IllegalArgumentException(
          "No padding on both sides keeps the size with an even kernel, got "
              + kernel
              + "; give a window instead");
    }
    return kernel;
  }

  /** The same with other first values. */
  public Convolution initialisation(Initialisation values) {
    Convolution copy = clone();
    copy.initialisation = values;
    return copy;
  }

  /** The same for an input of I / times channels, which is repeated. */
  public Convolution repeat(int times) {
    Sizes.positive("Repetitions of the input", times);
    if (inputs % times != 0) {
      throw new IllegalArgumentException(
          inputs + " input channels cannot be a " + times + "-fold repetition");
    }
    Convolution copy = clone();
    copy.repeat = times;
    return copy;
  }

  /** The same; without the gradient of the input when nothing below wants it. */
  public Convolution inputGradient(boolean wanted) {
    Convolution copy = clone();
    copy.inputGradient = wanted;
    return copy;
  }

  ConvolutionShape shape() {
    return window.shape();
  }

  /** Channels of the output. */
  public int outputs() {
    return outputs;
  }

  Window window() {
    return window;
  }

  int inputs() {
    return inputs;
  }

  int repeat() {
    return repeat;
  }

  boolean hasBias() {
    return bias;
  }

  boolean wantsInputGradient() {
    return inputGradient;
  }

  @Override
  public List<ParameterSpec> parameters() {
    long height = shape().kernel().height();
    long width = shape().kernel().width();
    double fanIn = (double) inputs * height * width;
    ParameterSpec.Initial uniform = new ParameterSpec.Uniform(1 / Math.sqrt(fanIn));
    ParameterSpec.Initial weights =
        initialisation == Initialisation.PYTORCH
            ? uniform
            : new ParameterSpec.Normal(Math.sqrt(2.0 / fanIn));
    List<ParameterSpec> specs = new ArrayList<>();
    List<Long> shape = List.of((long) outputs, (long) inputs, height, width);
    specs.add(new ParameterSpec("W", "weight", shape, false, weights));
    if (bias) {
      specs.add(new ParameterSpec("b", "bias", List.of((long) outputs), false, uniform));
    }
    return specs;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new ConvolutionImpl(conf, type);
  }

  @Override
  public InputType getOutputType(int index, InputType input) {
    return window.output(getLayerName(), image(input), outputs);
  }

  @Override
  public Convolution clone() {
    return (Convolution) super.clone();
  }

  @Override
  protected List<Object> state() {
    return List.of(inputs, outputs, window.shape(), bias, repeat, inputGradient, initialisation);
  }
}
