package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Calls oneDNN directly, each operation by its own class. FLOAT only; other types go to the
 * reference. Activations lie in blocks of channels where they can, else with channels last.
 */
final class OneDnnKernel implements Kernel {
  private final Kernel reference;
  private final ConvolutionRule rule;
  private final LayoutRule layouts;
  private final OneDnnConvolution convolutions;
  private final OneDnnBatchNorm norms;
  private final OneDnnPooling pools;
  private final OneDnnChannels channels;
  private final OneDnnResampling resampling;
  private final OneDnnJoins joins;

  /**
   * @param reference for types other than FLOAT
   * @param blocked where activations lie whose channels fill blocks
   */
  OneDnnKernel(Kernel reference, ConvolutionRule rule, Layout blocked) {
    this.reference = reference;
    this.rule = rule;
    this.layouts = new LayoutRule(blocked);
    this.convolutions = new OneDnnConvolution(layouts, rule);
    this.norms = new OneDnnBatchNorm(layouts);
    this.pools = new OneDnnPooling(layouts);
    this.channels = new OneDnnChannels(layouts);
    this.resampling = new OneDnnResampling(layouts);
    this.joins = new OneDnnJoins(layouts);
  }

  @Override
  public String name() {
    return "onednn";
  }

  /** The name, and what else decides the bits. */
  String description() {
    return name()
        + (layouts.blocked().isInBlocks()
            ? ", blocks of " + layouts.blocked().block() + " channels"
            : ", channels last")
        + (rule.usesWinograd() && layouts.blocked() == Layout.BLOCKED_16 ? ", winograd" : "");
  }

  @Override
  public Layout layout(DataType type, long channels) {
    if (type != DataType.FLOAT) {
      return reference.layout(type, channels);
    }
    return layouts.layout(channels);
  }

  private static boolean isOther(INDArray array) {
    return array.dataType() != DataType.FLOAT;
  }

  @Override
  public INDArray convolution(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    return isOther(x)
        ? reference.convolution(shape, x, w, b, buffers)
        : convolutions.convolution(shape, x, w, b, buffers);
  }

  @Override
  public INDArray convolutionRelu(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    return isOther(x)
        ? reference.convolutionRelu(shape, x, w, b, buffers)
        : convolutions.convolutionRelu(shape, x, w, b, buffers);
  }

  @Override
  public INDArray convolutionBackwardData(
      ConvolutionShape shape, INDArray w, INDArray dy, Form input, Buffers buffers) {
    return isOther(dy)
        ? reference.convolutionBackwardData(shape, w, dy, input, buffers)
        : convolutions.convolutionBackwardData(shape, w, dy, input, buffers);
  }

  @Override
  public void convolutionBackwardWeights(
      ConvolutionShape shape, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers) {
    if (isOther(x)) {
      reference.convolutionBackwardWeights(shape, x, dy, dw, db, buffers);
    } else {
      convolutions.convolutionBackwardWeights(shape, x, dy, dw, db, buffers);
    }
  }

  @Override
  public INDArray convolutionBackward(
      ConvolutionShape shape,
      INDArray x,
      INDArray w,
      INDArray dy,
      INDArray dw,
      INDArray db,
      Buffers buffers) {
    INDArray gradient =
        isOther(dy) ? dy : convolutions.gradient(shape, Form.of(x), w.size(0), dy, buffers);
    return Kernel.super.convolutionBackward(shape, x, w, gradient, dw, db, buffers);
  }

  @Override
  public Normalised batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, Buffers buffers) {
    if (isSummed(x)) {
      return norms.batchNorm(x, gamma, beta, epsilon, relu, buffers);
    }
    Normalised plain = reference.batchNorm(x, gamma, beta, epsilon, relu, buffers);
    return new Normalised(inLayout(plain.y(), buffers), plain.statistics(), plain.mask());
  }

  private static boolean isSummed(INDArray x) {
    return !isOther(x) && OneDnnBatchNorm.isSummed(Activations.channels(x));
  }

  @Override
  public INDArray batchNormInference(
      INDArray x, double[] scale, double[] shift, boolean relu, Buffers buffers) {
    return isOther(x)
        ? reference.batchNormInference(x, scale, shift, relu, buffers)
        : norms.batchNormInference(x, scale, shift, relu, buffers);
  }

  @Override
  public INDArray batchNormBackward(
      INDArray x,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray dy,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers) {
    if (isSummed(x)) {
      return norms.batchNormBackward(x, forward, gamma, epsilon, relu, dy, dgamma, dbeta, buffers);
    }
    INDArray gradient = keepsGradients(dy.dataType()) ? copy(dy, buffers) : dy;
    return reference.batchNormBackward(
        x, forward, gamma, epsilon, relu, gradient, dgamma, dbeta, buffers);
  }

  /** Whether oneDNN has machine code for pooling that keeps within its arrays. */
  private static boolean isPooled(ConvolutionShape shape, DataType type, long width) {
    return type == DataType.FLOAT && Windows.isPooled(shape, width);
  }

  private static boolean isPooled(ConvolutionShape shape, INDArray x) {
    return isPooled(shape, x.dataType(), Activations.width(x));
  }

  /** For the reference, which overwrites the gradient that it is given. */
  private static INDArray copy(INDArray array, Buffers buffers) {
    INDArray copy = Form.of(array).scratch(buffers);
    Activations.assign(array, copy);
    return copy;
  }

  /** What the reference computed, in the layout of this kernel. */
  private INDArray inLayout(INDArray y, Buffers buffers) {
    return Activations.in(output(y), y, buffers);
  }

  @Override
  public MaxPooled maxPool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    if (isPooled(shape, x)) {
      return pools.maxPool(shape, x, buffers);
    }
    MaxPooled pooled = reference.maxPool(shape, x, buffers);
    return new MaxPooled(inLayout(pooled.y(), buffers), pooled.places());
  }

  @Override
  public INDArray maxPoolBackward(
      ConvolutionShape shape, INDArray x, MaxPooled forward, INDArray dy, Buffers buffers) {
    return isPooled(shape, x)
        ? pools.maxPoolBackward(shape, x, forward, dy, buffers)
        : reference.maxPoolBackward(shape, x, forward, dy, buffers);
  }

  @Override
  public INDArray averagePool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    return isPooled(shape, x)
        ? pools.averagePool(shape, x, buffers)
        : inLayout(reference.averagePool(shape, x, buffers), buffers);
  }

  @Override
  public INDArray averagePoolBackward(
      ConvolutionShape shape, Form input, INDArray dy, Buffers buffers) {
    return isPooled(shape, dy.dataType(), input.width())
        ? pools.averagePoolBackward(shape, input, dy, buffers)
        : reference.averagePoolBackward(shape, input, dy, buffers);
  }

  @Override
  public INDArray globalAverage(INDArray x, Buffers buffers) {
    return isOther(x) ? reference.globalAverage(x, buffers) : pools.globalAverage(x, buffers);
  }

  @Override
  public INDArray globalAverageBackward(Form input, INDArray dy, Buffers buffers) {
    return isOther(dy)
        ? reference.globalAverageBackward(input, dy, buffers)
        : pools.globalAverageBackward(input, dy, buffers);
  }

  @Override
  public INDArray scaleChannels(
      INDArray x, double[] scale, double[] shift, Form output, Buffers buffers) {
    return isOther(x)
        ? reference.scaleChannels(x, scale, shift, output, buffers)
        : channels.scaleChannels(x, scale, shift, output, buffers);
  }

  @Override
  public double[] channelProducts(INDArray a, INDArray b, Buffers buffers) {
    return isOther(a)
        ? reference.channelProducts(a, b, buffers)
        : channels.channelProducts(a, b, buffers);
  }

  @Override
  public INDArray upsample2(INDArray x, Buffers buffers) {
    return isOther(x) ? reference.upsample2(x, buffers) : resampling.upsample2(x, buffers);
  }

  @Override
  public INDArray upsample2Backward(Form input, INDArray dy, Buffers buffers) {
    return isOther(dy)
        ? reference.upsample2Backward(input, dy, buffers)
        : resampling.upsample2Backward(input, dy, buffers);
  }

  @Override
  public INDArray addRelu(INDArray a, INDArray b, Buffers buffers) {
    return isOther(a) ? reference.addRelu(a, b, buffers) : joins.addRelu(a, b, buffers);
  }

  @Override
  public INDArray reluBackward(INDArray y, INDArray dy, Form input, Buffers buffers) {
    return isOther(y)
        ? reference.reluBackward(y, dy, input, buffers)
        : joins.reluBackward(y, dy, input, buffers);
  }

  @Override
  public boolean keepsGradients(DataType type) {
    return type == DataType.FLOAT;
  }

  @Override
  public INDArray concat(INDArray[] xs, Buffers buffers) {
    return isOther(xs[0]) ? reference.concat(xs, buffers) : joins.concat(xs, buffers);
  }

  @Override
  public INDArray[] split(INDArray dy, Form[] inputs, Buffers buffers) {
    return isOther(dy) ? reference.split(dy, inputs, buffers) : joins.split(dy, inputs, buffers);
  }

  @Override
  public INDArray append(INDArray x, INDArray more, long capacity, Buffers buffers) {
    return isOther(x)
        ? reference.append(x, more, capacity, buffers)
        : joins.append(x, more, capacity, buffers);
  }
}
