package io.cogaze.train.step;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.updater.FlatUpdater;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Between the gradient and the optimiser: gathers the gradients of the batches of one step and
 * limits the length of their mean.
 *
 * <p>In Deeplearning4j a gradient is the sum over the examples until the optimiser divides it by
 * their number, so that sums of batches of any size add up. What its vector holds for running
 * statistics is no gradient but what the network takes off them; it is left alone and works after
 * every batch. The length is the 2-norm over all learned parameters of all layers, summed in
 * float64 in the order of the flat vector, so that it does not depend on threads. The rule is that
 * of PyTorch's {@code clip_grad_norm_}: times {@code min(1, limit / (norm + 1e-6))}. Pascanu,
 * Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
 */
final class StepUpdater extends FlatUpdater {
  private static final long serialVersionUID = 1L;
  private static final double EPSILON = 1e-6;
  private static final long CHUNK = 1 << 16;

  private final List<INDArray> learned;
  private final double limit;
  private final List<INDArray> sums = new ArrayList<>();
  private int examples;
  private boolean endsStep = true;

  /**
   * @param ranges where the network's learned parameters lie
   * @param limit longest gradient
   */
  StepUpdater(ComputationGraph graph, TensorRanges ranges, double limit) {
    super(graph);
    this.learned = ranges.learnedViews(getFlattenedGradientsView());
    this.limit = limit;
  }

  /** Whether the next batch is the last of its step. */
  void next(boolean endsStep) {
    this.endsStep = endsStep;
  }

  /** Forgets the batches of a step that was not ended. */
  void forget() {
    examples = 0;
    endsStep = true;
  }

  @Override
  public synchronized void update(
      Gradient gradient, int iteration, int epoch, int batchSize, LayerWorkspaceMgr workspaces) {
    if (!endsStep) {
      keep();
      examples += batchSize;
      return;
    }
    if (examples > 0) {
      for (int i = 0; i < learned.size(); i++) {
        learned.get(i).addi(sums.get(i));
      }
    }
    int all = examples + batchSize;
    forget();
    clip(all);
    super.update(gradient, iteration, epoch, all, workspaces);
  }

  /** Takes the learned parameters' gradient, and leaves 0 for the step that follows. */
  private void keep() {
    for (int i = 0; i < learned.size(); i++) {
      INDArray view = learned.get(i);
      if (sums.size() == i) {
        sums.add(Nd4j.createUninitializedDetached(view.dataType(), view.length()));
      }
      if (examples == 0) {
        sums.get(i).assign(view);
      } else {
        sums.get(i).addi(view);
      }
      view.assign(0);
    }
  }

  private void clip(int all) {
    if (limit == Double.POSITIVE_INFINITY) {
      return;
    }
    double squares = 0;
    for (INDArray view : learned) {
      for (long from = 0; from < view.length(); from += CHUNK) {
        long to = Math.min(view.length(), from + CHUNK);
        for (float value : HostValues.floats(view.get(NDArrayIndex.interval(from, to)))) {
          squares += (double) value * value;
        }
      }
    }
    double scale = scale(Math.sqrt(squares) / all, limit);
    if (scale < 1) {
      learned.forEach(view -> view.muli(scale));
    }
  }

  /** The factor of a gradient of a length. */
  static double scale(double norm, double limit) {
    return Math.min(1, limit / (norm + EPSILON));
  }
}
