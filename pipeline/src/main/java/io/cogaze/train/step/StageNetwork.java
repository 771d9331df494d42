package io.cogaze.train.step;

import io.cogaze.nn.kernel.Arena;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.LossWeight;
import io.cogaze.nn.loss.WeightedOutput;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.network.BuiltNetwork;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.nn.network.Rehearsal;
import io.cogaze.nn.network.Turns;
import io.cogaze.nn.release.FlatVectors;
import io.cogaze.nn.updater.FlatUpdater;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/** A stage's network, built, with its state as plain vectors. Not thread safe. */
public final class StageNetwork {
  private final BuiltNetwork built;
  private final ComputationGraph graph;
  private final TensorRanges ranges;
  private final StepRule stepRule;
  private final double learningRate;
  private final Optional<StepUpdater> stepUpdater;

  private StageNetwork(
      BuiltNetwork built, ComputationGraph graph, StepRule stepRule, double learningRate) {
    this.built = built;
    this.graph = graph;
    this.ranges = TensorRanges.of(graph, built.names());
    this.stepRule = stepRule;
    this.learningRate = learningRate;
    this.stepUpdater = stepRule.isPlain() ? Optional.empty() : Optional.of(ownUpdater());
    if (stepRule.isPlain()) {
      FlatUpdater.install(graph);
    }
  }

  private StepUpdater ownUpdater() {
    StepUpdater updater = new StepUpdater(graph, ranges, stepRule.clipGlobalNorm());
    graph.setUpdater(updater);
    return updater;
  }

  /** Builds the network with random parameters, fixed by the definition's seed. */
  public static StageNetwork initialise(StageDefinition definition, double learningRate) {
    return initialise(definition, learningRate, 0);
  }

  /**
   * As the other, for steps on the calling thread: the system hands out their memory while the
   * network is being built.
   *
   * @param batch examples of a training step; 0 where none is to come on this thread
   */
  public static StageNetwork initialise(
      StageDefinition definition, double learningRate, int batch) {
    BuiltNetwork built = built(definition, learningRate, batch);
    return Turns.ready(
        () -> {
          ComputationGraph graph = new ComputationGraph(built.configuration());
          graph.init();
          return new StageNetwork(built, graph, definition.stepRule(), learningRate);
        });
  }

  /** Builds the network with zeros; the state and the frozen values must be set. */
  public static StageNetwork uninitialised(StageDefinition definition, double learningRate) {
    return uninitialised(definition, learningRate, 0);
  }

  /**
   * As the other, for steps on the calling thread; see {@link #initialise(StageDefinition, double,
   * int)}.
   */
  public static StageNetwork uninitialised(
      StageDefinition definition, double learningRate, int batch) {
    BuiltNetwork built = built(definition, learningRate, batch);
    return zeros(built, definition.stepRule(), learningRate);
  }

  /** Makes ready what the steps to come need, beside building. */
  private static BuiltNetwork built(StageDefinition definition, double learningRate, int batch) {
    NativeLibrary.prepare();
    if (batch == 0) {
      return definition.build(learningRate);
    }
    Rehearsal.start();
    BuiltNetwork built = definition.build(learningRate);
    NetworkSpec spec = definition.spec();
    // All outputs of what learns are there at once when the backward pass begins.
    Arena.expect(
        MemoryDemand.training(built, spec.height(), spec.width(), batch, definition.nativeThreads())
            .kept());
    return built;
  }

  private static StageNetwork zeros(BuiltNetwork built, StepRule stepRule, double learningRate) {
    long count = built.names().parameterCount() + built.names().statisticCount();
    return Turns.ready(
        () -> {
          ComputationGraph graph = new ComputationGraph(built.configuration());
          graph.init(FlatVectors.zeros(DataType.FLOAT, count), false);
          return new StageNetwork(built, graph, stepRule, learningRate);
        });
  }

  /**
   * The network after a cut of this one, if its state vectors are laid out as this one's, so that
   * one can stand for the other.
   */
  Optional<StageNetwork> rest(FrozenPrefix cut) {
    StageNetwork rest = zeros(cut.rest(), stepRule, learningRate);
    boolean sameLayout =
        TensorRanges.learnedOrder(graph, built.names())
                .equals(TensorRanges.learnedOrder(rest.graph, rest.built.names()))
            && updaterLayout(graph).equals(updaterLayout(rest.graph));
    return sameLayout ? Optional.of(rest) : Optional.empty();
  }

  /** Which parameters share a block of optimiser state, in order. */
  private static List<String> updaterLayout(ComputationGraph graph) {
    List<String> layout = new ArrayList<>();
    for (UpdaterBlock block : graph.getUpdater().getUpdaterBlocks()) {
      if (block.getUpdaterViewOffsetEnd() > block.getUpdaterViewOffsetStart()) {
        StringBuilder parameters = new StringBuilder();
        for (UpdaterBlock.ParamState parameter : block.getLayersAndVariablesInBlock()) {
          parameters.append(parameter.getParamName());
          parameters.append(parameter.getParamOffsetEnd() - parameter.getParamOffsetStart());
          parameters.append(',');
        }
        layout.add(parameters.toString());
      }
    }
    return layout;
  }

  /**
   * Trains on a batch. Running statistics move with every batch, as PyTorch's do.
   *
   * @param endsStep whether the optimiser makes a step now, by the mean gradient of the examples of
   *     this batch and of those since its last step; if not, the gradient is kept for then
   */
  void fit(MultiDataSet arrays, boolean endsStep) {
    int iteration = graph.getConfiguration().getIterationCount();
    stepUpdater.ifPresent(updater -> updater.next(endsStep));
    Turns.fit(graph, arrays);
    if (!endsStep) {
      graph.getConfiguration().setIterationCount(iteration);
    }
  }

  /** The network in DL4J's terms; its parameters are this network's. */
  public ComputationGraph graph() {
    return graph;
  }

  /** How gradients become steps. */
  StepRule stepRule() {
    return stepRule;
  }

  /** What was built. */
  public BuiltNetwork built() {
    return built;
  }

  /** The heads in the order of the outputs. */
  public List<Head> heads() {
    return built.outputs();
  }

  /** How much each head's loss counts at present, in the order of the outputs. */
  public List<LossWeight> lossWeights() {
    return IntStream.range(0, heads().size())
        .mapToObj(head -> ((WeightedOutput) graph.getOutputLayer(head)).lossWeight())
        .toList();
  }

  /** The learning rate that the network was built with. */
  public double learningRate() {
    return learningRate;
  }

  /** Whether the optimiser has a state that changes. */
  public boolean hasUpdaterState() {
    INDArray updater = graph.getUpdater().getStateViewArray();
    return updater != null && updater.length() > 0;
  }

  /** Copies the state out. */
  public TrainingState state() {
    INDArray updater = graph.getUpdater().getStateViewArray();
    return new TrainingState(
        ranges.learned(),
        ranges.means(),
        ranges.variances(),
        updater == null ? new float[0] : HostValues.floats(updater),
        graph.getConfiguration().getIterationCount(),
        graph.getConfiguration().getEpochCount());
  }

  /** Overwrites the state. */
  public void state(TrainingState state) {
    stepUpdater.ifPresent(StepUpdater::forget);
    ranges.learned(state.learned());
    ranges.means(state.means());
    ranges.variances(state.variances());
    INDArray updater = graph.getUpdater().getStateViewArray();
    long length = updater == null ? 0 : updater.length();
    if (length != state.updater().length) {
      throw new IllegalArgumentException(
          "The optimiser has "
              + length
              + " values of state but "
              + state.updater().length
              + " were given");
    }
    if (length > 0) {
      HostValues.write(state.updater(), updater);
    }
    graph.getConfiguration().setIterationCount(state.iteration());
    graph.getConfiguration().setEpochCount(state.epoch());
  }

  /** Bytes of the whole state. */
  public long stateBytes() {
    return Arrays.stream(StateSection.values())
        .mapToLong(section -> (long) Float.BYTES * length(section))
        .sum();
  }

  /** How many values a section of the state has. */
  public int length(StateSection section) {
    if (section != StateSection.UPDATER) {
      return ranges.length(section);
    }
    INDArray updater = graph.getUpdater().getStateViewArray();
    return updater == null ? 0 : Math.toIntExact(updater.length());
  }

  /**
   * Copies values of a section straight to a buffer, as many as it takes, without an array between.
   *
   * @param from first value of the section
   */
  public void read(StateSection section, int from, FloatBuffer target) {
    if (section != StateSection.UPDATER) {
      ranges.read(section, from, target);
    } else if (target.hasRemaining()) {
      HostValues.read(flatUpdater(), from, target);
    }
  }

  /** Overwrites values of a section straight from a buffer, the inverse of {@link #read}. */
  public void write(StateSection section, int from, FloatBuffer source) {
    if (section != StateSection.UPDATER) {
      ranges.write(section, from, source);
    } else if (source.hasRemaining()) {
      HostValues.write(source, flatUpdater(), from);
    }
  }

  private INDArray flatUpdater() {
    return FlatVectors.vector(graph.getUpdater().getStateViewArray());
  }

  /**
   * Overwrites the steps and epochs done, which belong to the state; a gradient that was kept for a
   * later step is forgotten.
   */
  public void counters(int iteration, int epoch) {
    stepUpdater.ifPresent(StepUpdater::forget);
    graph.getConfiguration().setIterationCount(iteration);
    graph.getConfiguration().setEpochCount(epoch);
  }

  /** Copies the frozen parts' values out, running statistics included. */
  public float[] frozen() {
    return ranges.frozen();
  }

  /** Overwrites the frozen parts' values. */
  public void frozen(float[] values) {
    ranges.frozen(values);
  }
}
