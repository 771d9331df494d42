package io.cogaze.train.step;

import io.cogaze.error.RunException;
import io.cogaze.nn.layer.ExampleKeys;
import io.cogaze.nn.layer.NotFiniteException;
import io.cogaze.nn.loss.WeightedOutput;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.Example;
import io.cogaze.train.plan.KeyedRandom;
import io.cogaze.train.plan.PlanToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Trains a stage's network on one worker's batches of one round. The result depends only on the
 * state at the start, the batches and the seed. Not thread safe.
 */
public final class WorkerNetwork {
  private final StageDefinition definition;
  private final StageNetwork network;
  private final BatchAssembler assembler;
  private final Optional<FrozenFeatures> frozenFeatures;
  private final HeadLosses headLosses;

  /** A worker over a network, which it alone uses from now on. */
  public WorkerNetwork(StageDefinition definition, StageNetwork network) {
    this(definition, network, Optional.empty());
  }

  private WorkerNetwork(
      StageDefinition definition, StageNetwork network, Optional<FrozenFeatures> frozenFeatures) {
    this.definition = definition;
    this.network = network;
    this.frozenFeatures = frozenFeatures;
    this.assembler =
        new BatchAssembler(
            network.heads(), definition.targetClasses(), definition.inputReduction());
    this.headLosses = new HeadLosses(network.heads().size());
    if (network.heads().size() > 1 || !definition.learnedWeights().isEmpty()) {
      network.graph().setListeners(headLosses);
    }
  }

  /**
   * A worker that computes what the network's frozen beginning gives for an example only once,
   * where the network can be cut after it; otherwise as {@link #WorkerNetwork(StageDefinition,
   * StageNetwork)}. The network's frozen values must be set before.
   */
  public static WorkerNetwork withFrozenFeatures(
      StageDefinition definition, StageNetwork whole, FeatureCache cache) {
    Optional<FrozenPrefix> cut = FrozenPrefix.of(whole.built());
    Optional<StageNetwork> rest = cut.flatMap(whole::rest);
    if (rest.isEmpty()) {
      return new WorkerNetwork(definition, whole);
    }
    BatchAssembler images =
        new BatchAssembler(whole.heads(), definition.targetClasses(), definition.inputReduction());
    return new WorkerNetwork(
        definition,
        rest.get(),
        Optional.of(new FrozenFeatures(whole, cut.orElseThrow().boundary(), images, cache)));
  }

  /** Whether the network's frozen beginning is computed apart. */
  public boolean hasFrozenFeatures() {
    return frozenFeatures.isPresent();
  }

  /** The network that is trained: the whole, or what comes after its frozen beginning. */
  public StageNetwork network() {
    return network;
  }

  /** The arrays of a batch for {@link #network()}. */
  public MultiDataSet arrays(List<Example> batch) {
    return frozenFeatures
        .map(features -> assembler.assemble(batch, features.inputs(batch)))
        .orElseGet(() -> assembler.assemble(batch));
  }

  /**
   * Trains on the batches of a token, from the network's present state on.
   *
   * <p>Errors: {@link RunException} naming the examples of a batch whose loss is not finite.
   */
  public WorkerReport fit(PlanToken token, ExampleSource source) {
    return fit(token, source, 0);
  }

  /**
   * As the other, to the same bits, and reads ahead.
   *
   * @param ahead batches that are read while the network computes, 0 for none
   */
  public WorkerReport fit(PlanToken token, ExampleSource source, int ahead) {
    try (BatchReader batches = new BatchReader(token.batches(), source, ahead)) {
      return fit(token, batches, source);
    }
  }

  private WorkerReport fit(PlanToken token, BatchReader batches, ExampleSource source) {
    double lossSum = 0;
    double[] headLossSums = new double[network.heads().size()];
    long examples = 0;
    long idHash = 0;
    long readNanos = 0;
    long computeNanos = 0;
    int steps = 0;
    ComputationGraph graph = network.graph();
    for (int index = 0; index < token.batches().size(); index++) {
      long start = System.nanoTime();
      List<Example> batch = batches.next();
      MultiDataSet arrays = arrays(batch);
      long read = System.nanoTime();
      Nd4j.getRandom().setSeed(stepSeed(token, index));
      ExampleKeys.assign(graph, keys(batch));
      boolean endsStep = network.stepRule().endsStep(index, token.batches().size());
      double loss = fit(arrays, endsStep, token, batch);
      steps += endsStep ? 1 : 0;
      long done = System.nanoTime();
      lossSum += loss * batch.size();
      for (int head = 0; head < headLossSums.length; head++) {
        headLossSums[head] += headLoss(head, loss) * batch.size();
      }
      examples += batch.size();
      idHash += LongStream.of(keys(batch)).sum();
      long features = frozenFeatures.map(FrozenFeatures::takeNanos).orElse(0L);
      readNanos += read - start - features;
      computeNanos += done - read + features;
    }
    return new WorkerReport(
        token.worker(),
        examples,
        steps,
        lossSum,
        headLossSums,
        idHash,
        source.rowGroupsRead(),
        readNanos,
        computeNanos);
  }

  /**
   * What to say when a parameter or a running statistic is not finite after the batches of a token,
   * which a loss of 0 may hide: names the token's examples.
   */
  public RunException notFinite(PlanToken token, ExampleSource source) {
    List<String> ids = new ArrayList<>();
    for (List<PlanToken.Row> batch : token.batches()) {
      source.examples(batch).forEach(example -> ids.add(example.exampleId()));
    }
    return new RunException(
        "Stage '"
            + definition.stage()
            + "' stopped: parameters are not finite any more after epoch "
            + token.epoch()
            + ", round "
            + (token.round() + 1)
            + ", worker "
            + token.worker()
            + ", on the examples "
            + ids
            + ". The last checkpoint is kept. Lower cogaze.recipe.stages."
            + definition.stage()
            + ".updater.learning-rate, or look at these examples");
  }

  private static long[] keys(List<Example> batch) {
    return batch.stream().mapToLong(example -> WorkerReport.idHash(example.exampleId())).toArray();
  }

  /** A head's loss without its weight, from the listener where more than one number is summed. */
  private double headLoss(int head, double loss) {
    return network.graph().getListeners().contains(headLosses)
        ? headLosses.losses[head]
        : loss / definition.lossWeights().get(network.heads().get(head));
  }

  private long stepSeed(PlanToken token, int batch) {
    return new KeyedRandom(
            definition.seed(),
            definition.stage(),
            "step",
            token.epoch(),
            token.round(),
            token.worker(),
            batch)
        .nextLong();
  }

  /** Trains on a batch; its loss. */
  private double fit(MultiDataSet arrays, boolean endsStep, PlanToken token, List<Example> batch) {
    double loss;
    try {
      network.fit(arrays, endsStep);
      loss = network.graph().score();
    } catch (NotFiniteException e) {
      throw stopped("the loss is NaN", e, token, batch);
    }
    if (!Double.isFinite(loss)) {
      throw stopped("the loss is " + loss, null, token, batch);
    }
    return loss;
  }

  private RunException stopped(
      String what, NotFiniteException cause, PlanToken token, List<Example> batch) {
    return new RunException(
        "Stage '"
            + definition.stage()
            + "' stopped: "
            + what
            + " in epoch "
            + token.epoch()
            + ", round "
            + (token.round() + 1)
            + ", worker "
            + token.worker()
            + ", on the batch of examples "
            + batch.stream().map(Example::exampleId).toList()
            + (cause == null ? "" : " (" + cause.getMessage() + ")")
            + ". The last checkpoint is kept. Lower cogaze.recipe.stages."
            + definition.stage()
            + ".updater.learning-rate, or look at these examples",
        cause);
  }

  /** Takes each output's loss while its input is still there. */
  private static final class HeadLosses extends BaseTrainingListener {
    private final double[] losses;

    HeadLosses(int heads) {
      losses = new double[heads];
    }

    @Override
    public void onBackwardPass(Model model) {
      ComputationGraph graph = (ComputationGraph) model;
      for (int head = 0; head < losses.length; head++) {
        losses[head] = ((WeightedOutput) graph.getOutputLayer(head)).meanLoss();
      }
    }
  }

  /** The heads in the order of the outputs. */
  public List<Head> heads() {
    return network.heads();
  }
}
