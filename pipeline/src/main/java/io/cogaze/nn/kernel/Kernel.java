package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The operations that take the time of a training step. Arrays are [N,C,H,W], C order, contiguous,
 * all of one type; outputs are allocated by the caller and need not be cleared. An implementation
 * is stateless towards its callers: any thread may call it.
 */
public interface Kernel {
  /**
   * y = conv(x, w) + b.
   *
   * @param x [N,I,H,W]
   * @param w [O,I,k,k]
   * @param b [O], or null
   * @param y [N,O,H',W']
   */
  void convolution(ConvolutionShape shape, INDArray x, INDArray w, INDArray b, INDArray y);

  /**
   * Gradients of {@link #convolution}.
   *
   * @param dx gradient of x, or null when it is not wanted
   * @param dw gradient of w
   * @param db gradient of b, or null when there is no bias
   */
  void convolutionBackward(
      ConvolutionShape shape,
      INDArray x,
      INDArray w,
      INDArray b,
      INDArray dy,
      INDArray dx,
      INDArray dw,
      INDArray db);

  /**
   * Batch normalisation over N, H and W with the batch's own statistics, and an optional ReLU after
   * it.
   *
   * @param gamma [C]
   * @param beta [C]
   * @return the statistics of x, which the backward pass wants
   */
  BatchStatistics batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, INDArray y);

  /** Batch normalisation with given statistics: y = x * scale + shift per channel. */
  void batchNormInference(INDArray x, double[] scale, double[] shift, boolean relu, INDArray y);

  /**
   * Gradients of {@link #batchNorm}.
   *
   * @param y the output, read only when there is a ReLU
   * @param dy gradient of y; overwritten
   * @param dx gradient of x
   * @param dgamma gradient of gamma
   * @param dbeta gradient of beta
   */
  void batchNormBackward(
      INDArray x,
      INDArray y,
      INDArray gamma,
      BatchStatistics statistics,
      boolean relu,
      INDArray dy,
      INDArray dx,
      INDArray dgamma,
      INDArray dbeta);

  /** Maximum over windows; padding counts as minus infinity. */
  void maxPool(ConvolutionShape shape, INDArray x, INDArray y);

  /** Gradient of {@link #maxPool}. */
  void maxPoolBackward(ConvolutionShape shape, INDArray x, INDArray y, INDArray dy, INDArray dx);

  /** Mean over 2 x 2 windows, stride 2. */
  void averagePool2(INDArray x, INDArray y);

  /** Gradient of {@link #averagePool2}. */
  void averagePool2Backward(INDArray dy, INDArray dx);

  /** Nearest-neighbour enlargement by 2. */
  void upsample2(INDArray x, INDArray y);

  /** Gradient of {@link #upsample2}: sums over 2 x 2 windows. */
  void upsample2Backward(INDArray dy, INDArray dx);

  /** y = max(a + b, 0). */
  void addRelu(INDArray a, INDArray b, INDArray y);

  /** dx = dy where y > 0, else 0. {@code dx} must not be {@code dy} or {@code y}. */
  void reluBackward(INDArray y, INDArray dy, INDArray dx);

  /** Concatenation along the channels. */
  void concat(INDArray[] xs, INDArray y);

  /** Splits along the channels: the gradient of {@link #concat}. Null entries are left out. */
  void split(INDArray dy, INDArray[] dxs, long[] channels);
}
