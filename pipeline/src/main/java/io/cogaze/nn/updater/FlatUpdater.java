package io.cogaze.nn.updater;

import io.cogaze.nn.kernel.Backend;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Deeplearning4j's updater of a graph, which does Adam in one pass over everything that learns
 * instead of several over each run of layers. The state, its order and what is computed are
 * Deeplearning4j's own, to the last bit, so that either goes on with what the other has saved.
 */
public class FlatUpdater extends ComputationGraphUpdater {
  private static final long serialVersionUID = 1L;

  /** Null where Deeplearning4j's own code does the work, as after serialisation. */
  private final transient Plan plan;

  private transient int passes;

  /** What one pass covers. */
  private record Plan(Adam adam, AdamPass pass, boolean isMean, long gradient, long length) {
    /** Whether a gradient lies where it was made for: each release shows it in its own shape. */
    boolean isFor(INDArray other) {
      return other.length() == length && other.data().addressPointer().address() == gradient;
    }
  }

  /** An updater for a graph that is initialised; {@link #install} is the way to it as it is. */
  protected FlatUpdater(ComputationGraph graph) {
    super(graph);
    this.plan = plan().orElse(null);
  }

  /** Gives a graph that is initialised and has not trained yet this updater. */
  public static void install(ComputationGraph graph) {
    graph.setUpdater(new FlatUpdater(graph));
  }

  /** Whether the single pass does the work, rather than Deeplearning4j's own code. */
  boolean isFlat() {
    return plan != null;
  }

  @Override
  public synchronized void update(
      Gradient gradient, int iteration, int epoch, int batchSize, LayerWorkspaceMgr workspaces) {
    Optional<AdamPass.Rounding> rounding =
        plan == null || !plan.isFor(gradient.gradient())
            ? Optional.empty()
            : AdamPass.rounding(plan.adam, iteration, epoch);
    if (rounding.isEmpty()) {
      super.update(gradient, iteration, epoch, batchSize, workspaces);
      return;
    }
    AdamPass.Constants constants =
        AdamPass.Constants.of(
            plan.adam,
            plan.adam.getLearningRate(iteration, epoch),
            iteration + 1,
            plan.isMean ? batchSize : 1);
    int threads = NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
    plan.pass.run(
        rounding.get(), constants, Math.min(threads, Runtime.getRuntime().availableProcessors()));
    passes++;
  }

  /** Steps that were done in a single pass. */
  int passes() {
    return passes;
  }

  /** One pass for all, if everything that learns does so by one and the same Adam in FLOAT. */
  private Optional<Plan> plan() {
    if (Backend.current() != Backend.CPU || getParams().dataType() != DataType.FLOAT) {
      return Optional.empty();
    }
    AdamPass pass = new AdamPass();
    Adam adam = null;
    for (UpdaterBlock block : getUpdaterBlocks()) {
      IUpdater updater = block.getGradientUpdater().getConfig();
      boolean learns = updater.getClass() == Adam.class;
      for (UpdaterBlock.ParamState parameter : block.getLayersAndVariablesInBlock()) {
        if (!isPlain(parameter, learns)) {
          return Optional.empty();
        }
      }
      if (learns && (adam == null || adam.equals(updater))) {
        adam = (Adam) updater;
        pass.add(block.getGradientView(), block.getUpdaterView());
      } else if (updater.getClass() != NoOp.class) {
        return Optional.empty();
      }
    }
    INDArray gradient = getFlattenedGradientsView();
    long address = gradient.data().addressPointer().address();
    return Optional.ofNullable(adam)
        .map(common -> new Plan(common, pass, isMiniBatch(), address, gradient.length()));
  }

  /** Whether nothing but the updater and, where it learns, the batch's size changes a gradient. */
  private static boolean isPlain(UpdaterBlock.ParamState parameter, boolean learns) {
    Trainable layer = parameter.getLayer();
    String name = parameter.getParamName();
    List<Regularization> regularisation = layer.getConfig().getRegularizationByParam(name);
    GradientNormalization normalisation = layer.getConfig().getGradientNormalization();
    boolean isFrozen =
        layer instanceof GraphVertex vertex && vertex.getLayer() instanceof FrozenLayer;
    return (regularisation == null || regularisation.isEmpty())
        && (normalisation == null || normalisation == GradientNormalization.None)
        && !layer.getConfig().isPretrainParam(name)
        && (isFrozen || layer.updaterDivideByMinibatch(name) == learns);
  }
}
