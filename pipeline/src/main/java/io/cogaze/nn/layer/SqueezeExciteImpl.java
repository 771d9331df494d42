package io.cogaze.nn.layer;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Kernels;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes {@link SqueezeExcite}. The gate itself, a few thousand values, is computed in Java in
 * float64; only the passes over the whole activation are the kernel's.
 */
final class SqueezeExciteImpl extends OwnLayerImpl<SqueezeExcite> {
  private static final long serialVersionUID = 1L;

  private transient double[] mean;
  private transient double[] active;
  private transient double[] gate;

  SqueezeExciteImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  @Override
  protected INDArray compute(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray x = activation(layerConf().channels());
    Buffers buffers = forward(workspaces);
    mean = HostValues.doubles(Kernels.get().globalAverage(x, buffers));
    active = product(mean, getParam("W1"));
    for (int i = 0; i < active.length; i++) {
      active[i] = Math.max(0, active[i]);
    }
    gate = product(active, getParam("W2"));
    for (int i = 0; i < gate.length; i++) {
      gate[i] = 1 / (1 + Math.exp(-gate[i]));
    }
    Form output = Kernels.get().output(x);
    return Kernels.get().scaleChannels(x, gate, new double[gate.length], output, buffers);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    INDArray x = activation();
    INDArray dy = activation(epsilon);
    Buffers buffers = backward(workspaces);
    double[] outer = Kernels.get().channelProducts(dy, x, buffers);
    for (int i = 0; i < outer.length; i++) {
      outer[i] *= gate[i] * (1 - gate[i]);
    }
    double[] inner = transposedProduct(outer, getParam("W2"));
    for (int i = 0; i < inner.length; i++) {
      inner[i] = active[i] > 0 ? inner[i] : 0;
    }
    double[] meanGradient = transposedProduct(inner, getParam("W1"));
    double area = Activations.height(x) * (double) Activations.width(x);
    for (int i = 0; i < meanGradient.length; i++) {
      meanGradient[i] /= area;
    }
    HostValues.write(outerProducts(outer, active), gradientView("W2"));
    HostValues.write(outerProducts(inner, mean), gradientView("W1"));
    INDArray dx = Kernels.get().scaleChannels(dy, gate, meanGradient, Form.of(x), buffers);
    return new Pair<>(gradients(), dx);
  }

  /** x [N,I] times the transpose of w [O,I]. */
  private static double[] product(double[] x, INDArray w) {
    int outputs = (int) w.size(0);
    int inputs = (int) w.size(1);
    double[] weights = HostValues.doubles(w);
    double[] y = new double[x.length / inputs * outputs];
    for (int n = 0; n < x.length / inputs; n++) {
      for (int o = 0; o < outputs; o++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) {
          sum += x[n * inputs + i] * weights[o * inputs + i];
        }
        y[n * outputs + o] = sum;
      }
    }
    return y;
  }

  /** dy [N,O] times w [O,I]. */
  private static double[] transposedProduct(double[] dy, INDArray w) {
    int outputs = (int) w.size(0);
    int inputs = (int) w.size(1);
    double[] weights = HostValues.doubles(w);
    double[] dx = new double[dy.length / outputs * inputs];
    for (int n = 0; n < dy.length / outputs; n++) {
      for (int o = 0; o < outputs; o++) {
        double factor = dy[n * outputs + o];
        for (int i = 0; i < inputs; i++) {
          dx[n * inputs + i] += factor * weights[o * inputs + i];
        }
      }
    }
    return dx;
  }

  /** The transpose of dy [N,O] times x [N,I]. */
  private double[] outerProducts(double[] dy, double[] x) {
    int examples = (int) Activations.examples(input);
    int outputs = dy.length / examples;
    int inputs = x.length / examples;
    double[] dw = new double[outputs * inputs];
    for (int n = 0; n < examples; n++) {
      for (int o = 0; o < outputs; o++) {
        double factor = dy[n * outputs + o];
        for (int i = 0; i < inputs; i++) {
          dw[o * inputs + i] += factor * x[n * inputs + i];
        }
      }
    }
    return dw;
  }
}
