package io.cogaze.nn.layer;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link Linear}. */
final class LinearImpl extends OwnLayerImpl<Linear> {
  private static final long serialVersionUID = 1L;

  LinearImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation(layerConf().inputs());
    INDArray y = output(workspaces, x.size(0), layerConf().outputs());
    y.assign(x.mmul(getParam("W").transpose()));
    y.addiRowVector(getParam("b"));
    return y;
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    gradientView("W").assign(epsilon.transpose().mmul(input));
    gradientView("b").assign(epsilon.sum(0));
    INDArray dx = inputGradient(workspaces);
    dx.assign(epsilon.mmul(getParam("W")));
    return new Pair<>(gradients(), dx);
  }
}
