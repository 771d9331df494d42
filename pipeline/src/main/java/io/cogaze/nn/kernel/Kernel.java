package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The operations that take the time of a training step.
 *
 * <p>Activations are of type FLOAT or DOUBLE, in any {@link Layout}; shapes below are logical.
 * Outputs have the layout that {@link #layout} names for their channels. The gradient of an input
 * has exactly the layout and shape of that input. Weights and their gradients are [O,I,kh,kw], per
 * channel values [C], C order, anywhere in memory; gradients of weights are overwritten.
 *
 * <p>An implementation is stateless towards its callers: any thread may call it.
 */
public interface Kernel {
  /** The name by which it is chosen and recorded. */
  String name();

  /**
   * The layout of an activation that this kernel computes. A function of its arguments and of the
   * kernel alone.
   */
  Layout layout(DataType type, long channels);

  /** The form of an output that has the size of x. */
  default Form output(INDArray x) {
    return Form.of(x).as(layout(x.dataType(), Activations.channels(x)));
  }

  /**
   * conv(x, w) + b.
   *
   * @param x [N,I,H,W]
   * @param w [O,I,kh,kw]
   * @param b [O], or null
   * @return [N,O,H',W']
   */
  INDArray convolution(ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers);

  /** max(conv(x, w) + b, 0), for inference; parameters as {@link #convolution} has them. */
  INDArray convolutionRelu(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers);

  /**
   * The gradient of the input of {@link #convolution}; also a transposed convolution.
   *
   * @param dy [N,O,H',W'], gradient of the output
   * @param input the form of the input, which the result has
   */
  INDArray convolutionBackwardData(
      ConvolutionShape shape, INDArray w, INDArray dy, Form input, Buffers buffers);

  /**
   * The gradients of the weights of {@link #convolution}.
   *
   * @param dw gradient of w
   * @param db gradient of b, or null when there is no bias
   */
  void convolutionBackwardWeights(
      ConvolutionShape shape, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers);

  /**
   * All gradients of {@link #convolution}.
   *
   * @param dw gradient of w
   * @param db gradient of b, or null when there is no bias
   * @return gradient of x, which has its form
   */
  default INDArray convolutionBackward(
      ConvolutionShape shape,
      INDArray x,
      INDArray w,
      INDArray dy,
      INDArray dw,
      INDArray db,
      Buffers buffers) {
    convolutionBackwardWeights(shape, x, dy, dw, db, buffers);
    return convolutionBackwardData(shape, w, dy, Form.of(x), buffers);
  }

  /** Whether {@link #batchNormBackward} leaves the gradient that it is given as it is. */
  default boolean keepsGradients(DataType type) {
    return false;
  }

  /**
   * Batch normalisation over N, H and W with the batch's own statistics, and an optional ReLU after
   * it.
   *
   * @param gamma [C]
   * @param beta [C]
   */
  Normalised batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, Buffers buffers);

  /** Batch normalisation with given statistics: x * scale + shift per channel. */
  INDArray batchNormInference(
      INDArray x, double[] scale, double[] shift, boolean relu, Buffers buffers);

  /**
   * Gradients of {@link #batchNorm}.
   *
   * @param forward what the forward pass returned
   * @param dy gradient of y; may be overwritten, unless {@link #keepsGradients}
   * @param dgamma gradient of gamma
   * @param dbeta gradient of beta
   * @return gradient of x
   */
  INDArray batchNormBackward(
      INDArray x,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray dy,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers);

  /** Maximum over windows; padding counts as minus infinity. */
  MaxPooled maxPool(ConvolutionShape shape, INDArray x, Buffers buffers);

  /** Gradient of {@link #maxPool}. */
  INDArray maxPoolBackward(
      ConvolutionShape shape, INDArray x, MaxPooled forward, INDArray dy, Buffers buffers);

  /** Mean over windows; padding does not count. */
  INDArray averagePool(ConvolutionShape shape, INDArray x, Buffers buffers);

  /** Gradient of {@link #averagePool}. */
  INDArray averagePoolBackward(ConvolutionShape shape, Form input, INDArray dy, Buffers buffers);

  /** Mean over H and W: [N,C]. */
  INDArray globalAverage(INDArray x, Buffers buffers);

  /** Gradient of {@link #globalAverage}: dy [N,C] over H * W, at every pixel. */
  INDArray globalAverageBackward(Form input, INDArray dy, Buffers buffers);

  /**
   * Scales and shifts each channel of each example: x * scale + shift.
   *
   * @param scale N * C values
   * @param shift N * C values
   * @param output the form of the result
   */
  INDArray scaleChannels(INDArray x, double[] scale, double[] shift, Form output, Buffers buffers);

  /** Sums of a * b over H and W: N * C values. */
  double[] channelProducts(INDArray a, INDArray b, Buffers buffers);

  /** Nearest-neighbour enlargement by 2. */
  INDArray upsample2(INDArray x, Buffers buffers);

  /** Gradient of {@link #upsample2}: sums over 2 x 2 windows. */
  INDArray upsample2Backward(Form input, INDArray dy, Buffers buffers);

  /**
   * Bilinear interpolation to another size. With aligned corners the centres of the corner pixels
   * coincide; without, the outer edges do.
   */
  default INDArray resize(
      INDArray x, int height, int width, boolean alignCorners, Buffers buffers) {
    Layout layout = layout(x.dataType(), Activations.channels(x));
    return Bilinear.resize(x, height, width, alignCorners, layout, buffers);
  }

  /** Gradient of {@link #resize}. */
  default INDArray resizeBackward(Form input, INDArray dy, boolean alignCorners, Buffers buffers) {
    return Bilinear.backward(input, dy, alignCorners, buffers);
  }

  /** max(a + b, 0). */
  INDArray addRelu(INDArray a, INDArray b, Buffers buffers);

  /** dy where y > 0, else 0, in the given form; a new array. */
  INDArray reluBackward(INDArray y, INDArray dy, Form input, Buffers buffers);

  /** Concatenation along the channels. */
  INDArray concat(INDArray[] xs, Buffers buffers);

  /**
   * Appends channels: {@link #concat} of two, where a row of such calls, each on the result of the
   * one before, need not copy what is there already.
   *
   * @param capacity channels of the row's last result
   */
  default INDArray append(INDArray x, INDArray more, long capacity, Buffers buffers) {
    return concat(new INDArray[] {x, more}, buffers);
  }

  /**
   * Splits along the channels: the gradient of {@link #concat}.
   *
   * @param inputs the forms of what was concatenated
   */
  INDArray[] split(INDArray dy, Form[] inputs, Buffers buffers);
}
