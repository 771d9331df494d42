package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The output of maximum pooling, and what its gradient wants.
 *
 * @param y the output
 * @param places of the maxima, in the kernel's own form; null when the kernel finds them again
 */
public record MaxPooled(INDArray y, INDArray places) {}
