package io.cogaze.train.spark;

import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.network.Head;
import io.cogaze.run.Manifest;
import io.cogaze.run.Provenance;
import io.cogaze.run.Versions;
import io.cogaze.shard.Split;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.checkpoint.Parts;
import io.cogaze.train.checkpoint.Reproduction;
import io.cogaze.train.checkpoint.StageState;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.Schedule;
import io.cogaze.train.plan.Selection;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The epochs of a stage: training, validation, schedule and checkpoints. */
final class StageLoop {
  private static final Logger LOG = LoggerFactory.getLogger(StageLoop.class);

  private final StageScope scope;
  private final JavaSparkContext context;
  private final String stage;
  private final StageSettings settings;
  private final TrainSettings train;
  private final StageDefinition definition;
  private final ModelDescription description;
  private final String configHash;
  private final Broadcast<byte[]> shipment;
  private final Tensors carried;
  private final StageCheckpoints checkpoints;
  private final Schedule schedule;
  private final EpochPlanner planner;

  /** Which other numbers of workers trained before, in words; empty for none. */
  private String otherWorkers = "";

  /**
   * The epochs of a stage.
   *
   * @param configHash of what the result depends on
   * @param carried tensors that checkpoints have and the network has not
   */
  StageLoop(
      StageScope scope,
      StageDefinition definition,
      ModelDescription description,
      String configHash,
      Broadcast<byte[]> shipment,
      Tensors carried,
      StageCheckpoints checkpoints) {
    this.scope = scope;
    this.context = scope.context();
    this.stage = scope.stage();
    this.settings = scope.settings();
    this.train = scope.train();
    this.definition = definition;
    this.description = description;
    this.configHash = configHash;
    this.shipment = shipment;
    this.carried = carried;
    this.checkpoints = checkpoints;
    this.schedule =
        new Schedule(settings.selection(), settings.plateau(), settings.earlyStoppingPatience());
    this.planner =
        new EpochPlanner(
            settings.sampler(),
            train.workers(),
            settings.batchSize(),
            settings.averagingFrequency(),
            train.shuffleWindow());
  }

  /**
   * Trains to the stage's end.
   *
   * @param newest epoch of the checkpoint to go on from
   */
  Manifest run(StageNetwork initial, Optional<Integer> newest) {
    List<ExampleRef> examples = StageExamples.of(scope, Split.TRAIN);
    List<ExampleRef> valid = StageExamples.of(scope, Split.VALID);
    requireEveryClass(valid);
    Validation validation = validation(valid);
    Progress progress =
        new Progress(
            scope.run().root().getName(),
            stage,
            settings.epochs(),
            initial.heads(),
            System::currentTimeMillis);
    StageRecords records = new StageRecords(scope.fs(), scope.run(), stage, train.tensorboard());
    StageNetwork network = initial;
    StageState state =
        new StageState(
            0, 0, schedule.start(settings.updater().learningRate()), false, "", Double.NaN);
    if (newest.isPresent()) {
      CheckpointStore.Content content = checkpoints.resume(newest.get());
      state = content.state();
      network = restored(network, content, rate(state), state.epoch());
      LOG.info("stage {} goes on after epoch {}", stage, state.epoch());
      noteOtherWorkers(content.provenance(), state.epoch());
    }
    while (state.stop().isEmpty()) {
      int epoch = state.epoch() + 1;
      if (state.reloadBest()) {
        CheckpointStore.Content best = checkpoints.best(state);
        network = restored(network, best, rate(state), state.epoch());
        LOG.info("stage {} goes back to the best epoch {}", stage, best.state().epoch());
      } else if (network.learningRate() != rate(state)) {
        network = atRate(network, rate(state));
      }
      fit(network, examples, epoch, progress);
      progress.validating(epoch);
      Map<String, Validation.Value> values = validation.run(context, network, stage, epoch);
      double rate = network.learningRate();
      state = after(state, epoch, network, values);
      boolean best = state.schedule().bestEpoch() == epoch;
      checkpoints.requireBest(state);
      EpochRows rows = progress.epoch(epoch, values, rate, best);
      checkpoints.writing(
          "write the metrics of epoch " + epoch,
          () -> {
            records.write(rows, scope.lock());
            return rows;
          });
      StageState reached = state;
      StageNetwork trained = network;
      checkpoints.write(state, best, () -> content(reached, trained));
    }
    return checkpoints.finish(state, Validation.name(settings.selection().metric()));
  }

  private void noteOtherWorkers(Provenance before, int epoch) {
    otherWorkers = before.notes().getOrDefault(Reproduction.OTHER_WORKERS, "");
    if (before.workers() != train.workers()) {
      otherWorkers +=
          (otherWorkers.isEmpty() ? "" : ", ") + before.workers() + " until epoch " + epoch;
      LOG.warn(
          "stage {} goes on with {} workers instead of {}, which {} allows: its result has other bits"
              + " than a run with either number from the beginning",
          stage,
          train.workers(),
          before.workers(),
          ResourceSettings.ALLOW_OTHER_WORKERS_KEY);
    }
  }

  /** The learning rate of the epoch that follows a state. */
  private double rate(StageState state) {
    return settings
        .updater()
        .rateOf(state.schedule().learningRate(), state.epoch() + 1, settings.epochs());
  }

  /** An AUROC of classes without examples is not defined: refused now, not after an epoch. */
  private void requireEveryClass(List<ExampleRef> valid) {
    if (settings.selection().metric() != Selection.Metric.AUROC_MACRO) {
      return;
    }
    List<String> missing = new ArrayList<>(definition.targetClasses());
    valid.stream()
        .filter(example -> example.targetClass() >= 0)
        .forEach(example -> missing.remove(definition.targetClasses().get(example.targetClass())));
    if (!missing.isEmpty()) {
      throw new InputException(
          "Stage '"
              + stage
              + "' selects by auroc-macro, which is not defined: no validation example has the class "
              + String.join(", ", missing)
              + ". Give each class validation examples, or select by another metric:"
              + " cogaze.recipe.stages."
              + stage
              + ".selection.metric");
    }
  }

  private Validation validation(List<ExampleRef> examples) {
    boolean contrastive = definition.lossWeights().containsKey(Head.EMBEDDING);
    EpochPlan plan =
        new EpochPlanner(
                // Validation repeats nothing.
                contrastive ? SamplerKind.STRATIFIED : SamplerKind.SHUFFLED,
                train.workers(),
                contrastive ? settings.batchSize() : train.validationBatchSize(),
                Integer.MAX_VALUE,
                train.shuffleWindow())
            .plan(examples, train.seed(), stage, 0);
    return new Validation(
        definition.key(), shipment, PlanToken.encode(0, plan), definition.targetClasses().size());
  }

  private void fit(StageNetwork network, List<ExampleRef> examples, int epoch, Progress progress) {
    EpochPlan plan = planner.plan(examples, train.seed(), stage, epoch);
    if (plan.repeats() > 0) {
      LOG.info(
          "stage {} epoch {}: {} examples, {} of them repeats",
          stage,
          epoch,
          plan.examples(),
          plan.repeats());
    }
    progress.training(epoch);
    context.setJobGroup(
        stage + "/" + epoch + "/plan", "stage " + stage + ", epoch " + epoch + ", plan");
    CogazeTrainingMaster master =
        new CogazeTrainingMaster(
            network,
            definition.key(),
            stage,
            shipment,
            train.averagingSlices(),
            train.sendsDeltas(),
            train.averageUpdaterEvery(),
            round -> {
              Accounting.round(stage, plan, round);
              progress.round(round);
            });
    new SparkComputationGraph(context, network.graph(), master)
        .fitPaths(
            context.parallelize(PlanToken.encode(epoch, plan), train.workers()),
            (MultiDataSetLoader) null);
    Accounting.epoch(stage, epoch, plan.repeats() == 0 ? examples : plan.uses(), progress.rounds());
  }

  private StageState after(
      StageState state, int epoch, StageNetwork network, Map<String, Validation.Value> values) {
    String metric = Validation.name(settings.selection().metric());
    Validation.Value value = Objects.requireNonNull(values.get(metric), metric);
    if (!value.isKnown()) {
      warnUnjudged(epoch, metric);
    } else if (!Double.isFinite(value.value())) {
      throw new RunException(
          "Stage '"
              + stage
              + "' stopped: "
              + metric
              + " on the validation examples is "
              + value.value()
              + " after epoch "
              + epoch
              + ". The last checkpoint is kept. Lower the learning rate");
    }
    Schedule.Step step =
        value.isKnown()
            ? schedule.after(state.schedule(), epoch, value.value())
            : schedule.afterUnjudged(state.schedule(), epoch);
    String stop = step.stop().orElse("");
    if (stop.isEmpty() && epoch >= settings.epochs()) {
      stop = "all " + settings.epochs() + " epochs are done";
    }
    return new StageState(
        epoch,
        network.graph().getConfiguration().getIterationCount(),
        step.state(),
        step.reloadBest(),
        stop,
        value.value());
  }

  private void warnUnjudged(int epoch, String metric) {
    LOG.warn(
        "stage {} epoch {}: the validation examples give no {}, so this epoch counts as the best"
            + " so far{}; fix: a larger valid split",
        stage,
        epoch,
        metric,
        definition.lossWeights().containsKey(Head.EMBEDDING)
            ? ": no batch of them has two examples of a class and one of another"
            : "");
  }

  private CheckpointStore.Content content(StageState state, StageNetwork network) {
    Tensors tensors =
        Parts.together(TensorStore.read(network.graph(), network.built().names()), carried);
    return new CheckpointStore.Content(
        description, state, tensors, network.state().updater(), provenance());
  }

  private Provenance provenance() {
    TreeMap<String, String> notes = new TreeMap<>();
    notes.put("recipe", scope.request().recipe().name());
    notes.put(Reproduction.STAGE, stage);
    notes.put(Reproduction.KERNEL, Kernels.description());
    notes.put(Reproduction.PROCESSOR, NativeLibrary.processor());
    notes.put(Reproduction.NATIVE_THREADS, Integer.toString(train.nativeThreads()));
    notes.put("backend", Backend.current().name().toLowerCase(Locale.ROOT));
    if (!scope.request().configuration().isEmpty()) {
      notes.put(Reproduction.CONFIGURATION, scope.request().configuration());
    }
    if (!otherWorkers.isEmpty()) {
      notes.put(Reproduction.OTHER_WORKERS, otherWorkers);
    }
    notes.put("pretrained", "no: every network began with random weights, none were pretrained");
    return new Provenance(
        new TreeMap<>(Map.of("shards", scope.shards().sha256())),
        configHash,
        Versions.current(),
        new TreeMap<>(Map.of("train", train.seed())),
        NativeLibrary.mappedClassifier().orElse(""),
        Math.max(1, context.sc().getExecutorMemoryStatus().size() - 1),
        train.workers(),
        notes);
  }

  /** A network at a learning rate with a checkpoint's parameters and optimiser state. */
  private StageNetwork restored(
      StageNetwork network, CheckpointStore.Content content, double rate, int epoch) {
    StageNetwork target = network.learningRate() == rate ? network : atRate(network, rate);
    TensorStore.restore(target.graph(), target.built().names(), content.tensors());
    TrainingState copied = target.state();
    target.state(
        new TrainingState(
            copied.learned(),
            copied.means(),
            copied.variances(),
            content.updater(),
            content.state().iteration(),
            epoch));
    return target;
  }

  private StageNetwork atRate(StageNetwork network, double rate) {
    StageNetwork target = StageNetwork.uninitialised(definition, rate);
    target.frozen(network.frozen());
    target.state(network.state());
    return target;
  }
}
