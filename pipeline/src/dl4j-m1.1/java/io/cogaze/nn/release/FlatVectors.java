package io.cogaze.nn.release;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The vector that holds all parameters of a network: a matrix of one row in Deeplearning4j
 * 1.0.0-M1.1.
 */
public final class FlatVectors {
  private FlatVectors() {}

  /** Zeros in the shape that a network takes as its parameters. */
  public static INDArray zeros(DataType type, long length) {
    return Nd4j.zeros(type, 1, length);
  }

  /** A view of rank 1 of a network's parameters, gradients or optimiser state. */
  public static INDArray vector(INDArray flat) {
    return flat.rank() == 1 ? flat : flat.reshape(flat.length());
  }
}
