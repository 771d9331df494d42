package io.cogaze.nn.loss;

import io.cogaze.nn.layer.OwnLayerImpl;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Softmax over all pixels of a map [N,1,H,W], and the Kullback-Leibler divergence of the target
 * from it: sum over pixels of g (ln g - ln p), in nats, 0 where g = 0. Labels [N,1,H,W] sum to 1
 * for each example; mask [N,1]. The output is the map p.
 */
public final class SaliencyOutput extends OutputLoss {
  private static final long serialVersionUID = 1L;

  SaliencyOutput() {}

  public SaliencyOutput(double weight) {
    this(weight, false);
  }

  /**
   * @param learned whether a sigma is learned beside the weight, see {@link LossWeight}
   */
  public SaliencyOutput(double weight, boolean learned) {
    super(weight, learned);
  }

  @Override
  protected OwnLayerImpl<?> implementation(NeuralNetConfiguration conf, DataType type) {
    return new SoftmaxImpl<SaliencyOutput>(conf, type);
  }
}
