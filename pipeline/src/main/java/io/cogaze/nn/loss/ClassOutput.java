package io.cogaze.nn.loss;

import io.cogaze.nn.layer.OwnLayerImpl;
import io.cogaze.nn.layer.Takes;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Softmax and cross entropy over logits [N,C], in nats. Labels [N,C] are one-hot, or any
 * distribution; mask [N,1]. The output is the probabilities [N,C].
 */
public final class ClassOutput extends OutputLoss {
  private static final long serialVersionUID = 1L;

  ClassOutput() {}

  public ClassOutput(double weight) {
    this(weight, false);
  }

  /**
   * @param learned whether a sigma is learned beside the weight, see {@link LossWeight}
   */
  public ClassOutput(double weight, boolean learned) {
    super(weight, learned);
  }

  @Override
  protected Takes takes() {
    return Takes.VECTORS;
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new SoftmaxImpl<ClassOutput>(conf, type);
  }
}
