package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The output of batch normalisation, and what its gradient wants.
 *
 * @param y the output
 * @param statistics of the input
 * @param mask where the ReLU let through, in the kernel's own form; null when the kernel reads y
 */
public record Normalised(INDArray y, BatchStatistics statistics, INDArray mask) {}
