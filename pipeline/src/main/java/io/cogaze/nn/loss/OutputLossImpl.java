package io.cogaze.nn.loss;

import io.cogaze.nn.kernel.Activations;
import io.cogaze.nn.kernel.Buffers;
import io.cogaze.nn.kernel.Form;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.Layout;
import io.cogaze.nn.layer.OwnLayerImpl;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * What the outputs share. A subclass computes in float64 on Java arrays: losses of the examples,
 * and gradients whose sum Deeplearning4j divides by N afterwards.
 */
abstract class OutputLossImpl<C extends OutputLoss> extends OwnLayerImpl<C>
    implements IOutputLayer, WeightedOutput {
  private static final long serialVersionUID = 1L;

  /** How far the sum of a label may be from 1: float32 sums of a large map are off by some 1e-5. */
  private static final double SUM_TOLERANCE = 1e-3;

  private transient INDArray labels;

  OutputLossImpl(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /**
   * The loss of each example, without the weight.
   *
   * @param x the input, C order
   * @param known one a row; false where the label is masked
   * @param gradient filled with the gradient of the sum of all losses when it is not null
   */
  abstract double[] losses(double[] x, double[] labels, boolean[] known, double[] gradient);

  /** The output at inference. */
  @Override
  protected abstract INDArray compute(boolean training, LayerWorkspaceMgr workspaces);

  /** The shape that labels must have for the present input. */
  abstract long[] labelShape();

  @Override
  public final double computeScore(
      double regularisation, boolean training, LayerWorkspaceMgr workspaces) {
    score = mean(weighted()) + regularisation;
    return score;
  }

  /** What each example adds to the sum that is trained. */
  private double[] weighted() {
    LossWeight weight = lossWeight();
    double[] losses = losses(null);
    boolean[] known = known();
    for (int i = 0; i < losses.length; i++) {
      losses[i] = known[i] ? weight.weighted(losses[i]) : 0;
    }
    return losses;
  }

  private static double mean(double[] losses) {
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum / losses.length;
  }

  @Override
  public final LossWeight lossWeight() {
    OptionalDouble logSigma =
        layerConf().learnsWeight()
            ? OptionalDouble.of(HostValues.doubles(getParam(OutputLoss.LOG_SIGMA))[0])
            : OptionalDouble.empty();
    return new LossWeight(layerConf().weight(), logSigma);
  }

  @Override
  public final double meanLoss() {
    return mean(losses(null));
  }

  @Override
  public final INDArray computeScoreForExamples(
      double regularisation, LayerWorkspaceMgr workspaces) {
    double[] losses = weighted();
    for (int i = 0; i < losses.length; i++) {
      losses[i] += regularisation;
    }
    INDArray scores =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, input.dataType(), new long[] {losses.length, 1}, 'c');
    HostValues.write(losses, scores);
    return scores;
  }

  @Override
  public final Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaces) {
    double[] gradient = new double[Math.toIntExact(input.length())];
    LossWeight weight = lossWeight();
    double[] losses = losses(gradient);
    double slope = weight.slope();
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] *= slope;
    }
    if (layerConf().learnsWeight()) {
      learnWeight(weight, losses);
    }
    Buffers buffers = backward(workspaces);
    Form form = Form.of(activation());
    INDArray dx;
    if (form.layout() == Layout.PLAIN) {
      dx = inputGradient(workspaces);
      HostValues.write(gradient, dx);
    } else {
      INDArray plain = form.as(Layout.PLAIN).scratch(buffers);
      HostValues.write(gradient, plain);
      dx = form.create(buffers);
      Activations.assign(plain, dx);
    }
    return new Pair<>(layerConf().learnsWeight() ? gradients() : new DefaultGradient(), dx);
  }

  private void learnWeight(LossWeight weight, double[] losses) {
    boolean[] known = known();
    double sum = 0;
    for (int i = 0; i < losses.length; i++) {
      sum += known[i] ? weight.slopeOfLogSigma(losses[i]) : 0;
    }
    HostValues.write(new double[] {sum}, gradientView(OutputLoss.LOG_SIGMA));
  }

  private double[] losses(double[] gradient) {
    if (input == null || labels == null) {
      throw new IllegalStateException(
          "Output " + layerConf().getLayerName() + " has no input or no labels");
    }
    if (!Arrays.equals(labels.shape(), labelShape())) {
      throw new IllegalArgumentException(
          "Output "
              + layerConf().getLayerName()
              + " wants labels of shape "
              + Arrays.toString(labelShape())
              + ", got "
              + Arrays.toString(labels.shape()));
    }
    double[] targets = HostValues.doubles(labels);
    boolean[] known = known();
    requireDistributions(targets, known);
    return losses(inputValues(), targets, known, gradient);
  }

  /** A bad label would make parameters NaN, or move them by more than an example is worth. */
  private void requireDistributions(double[] targets, boolean[] known) {
    int width = targets.length / known.length;
    for (int n = 0; n < known.length; n++) {
      double sum = 0;
      for (int i = n * width; known[n] && i < (n + 1) * width; i++) {
        if (!(targets[i] >= 0 && targets[i] <= Double.MAX_VALUE)) {
          throw badLabel(n, "that are finite and not negative", "holds " + targets[i]);
        }
        sum += targets[i];
      }
      if (known[n] && !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
        throw badLabel(n, "that sum to 1 (a mask of 0 leaves an example out)", "sums to " + sum);
      }
    }
  }

  private IllegalArgumentException badLabel(int example, String expected, String found) {
    return new IllegalArgumentException(
        "Output "
            + layerConf().getLayerName()
            + " wants labels "
            + expected
            + ", example "
            + example
            + " of the minibatch "
            + found);
  }

  /** The input's values in C order of [N,C,H,W] or [N,C]. */
  final double[] inputValues() {
    return HostValues.doubles(Activations.plain(activation(), Buffers.detached()));
  }

  private boolean[] known() {
    boolean[] known = new boolean[Math.toIntExact(Activations.examples(input))];
    if (maskArray == null) {
      Arrays.fill(known, true);
      return known;
    }
    double[] mask = HostValues.doubles(maskArray);
    if (mask.length != known.length) {
      throw new IllegalArgumentException(
          "Output "
              + layerConf().getLayerName()
              + " wants a label mask of shape ["
              + known.length
              + ", 1], got "
              + Arrays.toString(maskArray.shape()));
    }
    for (int i = 0; i < known.length; i++) {
      if (mask[i] != 0 && mask[i] != 1) {
        throw new IllegalArgumentException(
            "The label mask of output "
                + layerConf().getLayerName()
                + " holds "
                + mask[i]
                + " in row "
                + i
                + ", expected 0 or 1");
      }
      known[i] = mask[i] == 1;
    }
    return known;
  }

  @Override
  public final Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray mask, MaskState state, int minibatch) {
    maskArray = mask;
    return null;
  }

  @Override
  public final boolean needsLabels() {
    return true;
  }

  @Override
  public final void setLabels(INDArray labels) {
    this.labels = labels;
  }

  @Override
  public final INDArray getLabels() {
    return labels;
  }

  @Override
  public void clear() {
    super.clear();
    labels = null;
  }

  @Override
  @SuppressWarnings("deprecation") // the interface still asks for it
  public final int numLabels() {
    return (int) labels.size(1);
  }

  @Override
  public final double f1Score(DataSet data) {
    throw unsupported();
  }

  @Override
  public final double f1Score(INDArray examples, INDArray labels) {
    throw unsupported();
  }

  @Override
  public final void fit(DataSetIterator iterator) {
    throw unsupported();
  }

  @Override
  public final int[] predict(INDArray examples) {
    throw unsupported();
  }

  @Override
  public final List<String> predict(DataSet data) {
    throw unsupported();
  }

  @Override
  public final void fit(INDArray examples, INDArray labels) {
    throw unsupported();
  }

  @Override
  public final void fit(DataSet data) {
    throw unsupported();
  }

  @Override
  public final void fit(INDArray examples, int[] labels) {
    throw unsupported();
  }

  private UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException(
        "Output "
            + layerConf().getLayerName()
            + " is trained and evaluated through its graph, not by itself");
  }
}
