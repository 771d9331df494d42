package io.cogaze.train.spark;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.Backend;
import io.cogaze.nn.kernel.Kernels;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.network.Head;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.Provenance;
import io.cogaze.run.Rerun;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import io.cogaze.run.StageLayout;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.run.Versions;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.checkpoint.Parts;
import io.cogaze.train.checkpoint.Reproduction;
import io.cogaze.train.checkpoint.StageState;
import io.cogaze.train.checkpoint.TrainedStage;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.Schedule;
import io.cogaze.train.plan.SettingsText;
import io.cogaze.train.plan.StagePlan;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.StepRule;
import io.cogaze.train.step.TrainingState;
import io.cogaze.weights.TensorStore;
import io.cogaze.weights.Tensors;
import io.cogaze.weights.TransferMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One stage of one run: from where it stands to its end. */
final class StageRun {
  private static final Logger LOG = LoggerFactory.getLogger(StageRun.class);
  private static final int MEBI = 1 << 20;

  private final JavaSparkContext context;
  private final FileSystem fs;
  private final RunLayout run;
  private final ShardSet shards;
  private final TrainRequest request;
  private final String stage;
  private final StageSettings settings;
  private final TrainSettings train;
  private final RunLock lock;
  private final StageLayout layout;
  private final CheckpointStore checkpoints;
  private final Schedule schedule;
  private final Map<Head, Double> heads;

  StageRun(
      JavaSparkContext context,
      FileSystem fs,
      RunLayout run,
      ShardSet shards,
      TrainRequest request,
      StagePlan plan,
      RunLock lock) {
    this.context = context;
    this.fs = fs;
    this.run = run;
    this.shards = shards;
    this.request = request;
    this.stage = plan.name();
    this.settings = plan.settings();
    this.train = request.settings();
    this.lock = lock;
    this.layout = run.stage(stage);
    this.checkpoints = new CheckpointStore(fs, layout);
    this.heads = StageDescription.heads(stage, settings);
    this.schedule =
        new Schedule(settings.selection(), settings.plateau(), settings.earlyStoppingPatience());
  }

  TrainResult.StageResult run() {
    long start = System.nanoTime();
    ModelDescription description =
        StageDescription.of(stage, settings, heads, request.recipe(), shards.manifest());
    Map<String, TrainedStage> sources = sources();
    ConfigStamp stamp = stamp(sources);
    if (request.startAnew()) {
      throwAwayIfDifferent(stamp);
    }
    Rerun rerun = Rerun.decide(fs, layout.folder(), CheckpointStore.STAGE_KIND, stamp, false);
    if (rerun.action() == Rerun.Action.ALREADY_DONE) {
      Manifest finished = rerun.committed().orElseThrow();
      Optional<String> damage = checkpoints.damage(finished.body().path("best_epoch").asInt());
      if (damage.isEmpty()) {
        LOG.info("stage {} is finished already with this configuration", stage);
        return result(finished, true, 0, start);
      }
      LOG.warn(
          "stage {} was finished, but the checkpoint of its best epoch is not whole, and it is trained again: {}",
          stage,
          damage.get());
      FolderCommit.withdraw(fs, layout.folder());
      if (request.startAnew()) {
        checkpoints.retain(List.of());
      }
    }
    Optional<Integer> newest = checkpoints.newestUsable();
    newest.ifPresent(
        epoch -> Rerun.decide(fs, layout.checkpoint(epoch), CheckpointStore.KIND, stamp, false));
    // Later ones are damaged: they must not crowd out whole ones.
    checkpoints.retain(
        checkpoints.epochs().stream().filter(epoch -> epoch <= newest.orElse(0)).toList());

    StageDefinition definition = definition(description);
    StageNetwork network =
        StageNetwork.initialise(
            definition,
            settings.updater().rateOf(settings.updater().learningRate(), 1, settings.epochs()));
    Tensors carried = transfer(network, sources);
    Broadcast<byte[]> shipment =
        context.broadcast(
            JavaBytes.of(
                new StageShipment(
                    definition,
                    shards.handle(),
                    network.frozen(),
                    (long) train.exampleCacheMb() * MEBI,
                    train.cacheFrozenFeatures(),
                    train.slices(),
                    train.prefetchBatches(),
                    train.sendsDeltas())));
    try {
      Loop loop = new Loop(definition, description, stamp, shipment, carried);
      int resumedFrom = newest.orElse(0);
      Manifest finished = loop.run(network, newest);
      WorkerSlots.evictEverywhere(context, stage, definition.key());
      return result(finished, false, resumedFrom, start);
    } finally {
      Progress.over();
      shipment.destroy();
    }
  }

  private Map<String, TrainedStage> sources() {
    Map<String, TrainedStage> sources = new LinkedHashMap<>();
    for (InitWeights init : settings.initWeights()) {
      String from = init.fromStage();
      if (Manifest.readIfPresent(fs, run.stage(from).folder()).isEmpty()) {
        throw new ConfigurationException(
            """
            Cannot train stage '%s': it takes weights from stage '%s', which is not finished in %s.
              cause: --stages leaves '%s' out, and no earlier command trained it to its end in this run folder
              fix:   train it too: --stages %s,%s; or correct --run"""
                .formatted(stage, from, run.root(), from, from, stage));
      }
      sources.computeIfAbsent(from, name -> TrainedStage.load(fs, run, name));
    }
    return sources;
  }

  private ConfigStamp stamp(Map<String, TrainedStage> sources) {
    TreeMap<String, String> text = new TreeMap<>();
    SettingsText.put(text, "recipe.network", request.recipe().network());
    SettingsText.put(text, "recipe.stages." + stage, settings);
    text.put("train.seed", Long.toString(train.seed()));
    text.put("train.workers", Integer.toString(train.workers()));
    text.put("train.native-threads", Integer.toString(train.nativeThreads()));
    text.put("train.shuffle-window", Integer.toString(train.shuffleWindow()));
    text.put("train.validation-batch-size", Integer.toString(train.validationBatchSize()));
    text.put("train.cache-frozen-features", Boolean.toString(train.cacheFrozenFeatures()));
    text.put("train.average-updater-every", Integer.toString(train.averageUpdaterEvery()));
    text.put("train.delta-bits", Integer.toString(train.deltaBits()));
    text.put("shards.content", shards.manifest().contentHash());
    sources.forEach(
        (name, source) -> text.put("weights of stage " + name, source.parametersSha256()));
    return new ConfigStamp(Sha256.of(text.toString()), text);
  }

  private void throwAwayIfDifferent(ConfigStamp stamp) {
    List<Manifest> found = new ArrayList<>();
    Manifest.readIfPresent(fs, layout.folder()).ifPresent(found::add);
    for (int epoch : checkpoints.epochs()) {
      Manifest.readIfPresent(fs, layout.checkpoint(epoch)).ifPresent(found::add);
    }
    if (found.stream().allMatch(old -> ConfigStamp.of(old).hash().equals(stamp.hash()))) {
      return;
    }
    LOG.info("stage {} was trained with another configuration and starts anew", stage);
    FolderCommit.withdraw(fs, layout.folder());
    checkpoints.retain(List.of());
    StageRecords.delete(fs, run, stage);
    StaleEvaluation.withdraw(fs, run);
  }

  private StageDefinition definition(ModelDescription description) {
    return new StageDefinition(
        run.root() + "/" + stage + "/" + UUID.randomUUID(),
        stage,
        description.spec(),
        heads,
        settings.trainable(),
        settings.updater(),
        description.triplet(),
        description.targetClasses(),
        settings.inputReduction(),
        train.seed(),
        train.nativeThreads(),
        new StepRule(
            settings.accumulate(), settings.clipGlobalNorm().orElse(Double.POSITIVE_INFINITY)));
  }

  /** Copies the recipe's init-weights; gives the tensors that the stage only carries along. */
  private Tensors transfer(StageNetwork network, Map<String, TrainedStage> sources) {
    Tensors carried = Parts.none();
    for (InitWeights init : settings.initWeights()) {
      TrainedStage source = sources.get(init.fromStage());
      for (String part : init.parts()) {
        Tensors ofPart = Parts.of(source.tensors(), part);
        if (ofPart.values().isEmpty()) {
          throw new ConfigurationException(
              "Stage '"
                  + stage
                  + "' takes part '"
                  + part
                  + "' from stage '"
                  + init.fromStage()
                  + "', which has no tensors of it. Correct init-weights");
        }
        List<TensorNames.Tensor> wanted = network.built().names().tensors(part);
        if (wanted.isEmpty()) {
          carried = Parts.together(carried, ofPart);
          LOG.info("stage {} carries {} tensors of {}", stage, ofPart.values().size(), part);
          continue;
        }
        if (wanted.size() != ofPart.values().size()) {
          throw new ConfigurationException(
              "Stage '"
                  + stage
                  + "' has "
                  + wanted.size()
                  + " tensors of part '"
                  + part
                  + "' but stage '"
                  + init.fromStage()
                  + "' has "
                  + ofPart.values().size()
                  + "; they were not trained with the same network");
        }
        TensorStore.write(
            network.graph(),
            network.built().names(),
            ofPart,
            TransferMap.parts(network.built().names(), List.of(part)));
        LOG.info(
            "stage {} takes {} tensors of {} from stage {}",
            stage,
            wanted.size(),
            part,
            init.fromStage());
      }
    }
    return carried;
  }

  private List<ExampleRef> examples(Split split) {
    boolean needsClass = heads.keySet().stream().anyMatch(head -> head != Head.SALIENCY);
    boolean needsGaze = heads.containsKey(Head.SALIENCY);
    List<ExampleRef> examples = new ArrayList<>();
    int without = 0;
    for (IndexEntry entry : shards.index()) {
      if (entry.split() != split) {
        continue;
      }
      boolean useful = (needsClass && entry.targetClass() >= 0) || (needsGaze && entry.hasGaze());
      if (useful) {
        examples.add(
            new ExampleRef(
                entry.exampleId(),
                entry.file(),
                entry.rowGroup(),
                entry.row(),
                entry.targetClass()));
      } else {
        without++;
      }
    }
    LOG.info(
        "stage {}: {} {} examples, {} more have no target for it",
        stage,
        examples.size(),
        split.label(),
        without);
    if (examples.isEmpty()) {
      throw new InputException(
          "Stage '"
              + stage
              + "' has no "
              + split.label()
              + " example with a target for "
              + settings.heads().keySet()
              + " in "
              + request.shards());
    }
    return examples;
  }

  private TrainResult.StageResult result(
      Manifest finished, boolean alreadyDone, int resumedFrom, long start) {
    return new TrainResult.StageResult(
        stage,
        alreadyDone,
        resumedFrom,
        finished.body().path("epochs").asInt(),
        finished.body().path("best_epoch").asInt(),
        finished.body().path("metric").asText(),
        Double.parseDouble(finished.body().path("best_value").asText()),
        finished.body().path("stop_reason").asText(),
        finished.body().path("parameters_sha256").asText(),
        (System.nanoTime() - start) / 1e9);
  }

  /** The epochs of the stage. */
  private final class Loop {
    private final StageDefinition definition;
    private final ModelDescription description;
    private final ConfigStamp stamp;
    private final Broadcast<byte[]> shipment;
    private final Tensors carried;

    /** Epoch of the newest checkpoint that is whole, 0 if there is none. */
    private int kept;

    private final EpochPlanner planner =
        new EpochPlanner(
            settings.sampler(),
            train.workers(),
            settings.batchSize(),
            settings.averagingFrequency(),
            train.shuffleWindow());

    Loop(
        StageDefinition definition,
        ModelDescription description,
        ConfigStamp stamp,
        Broadcast<byte[]> shipment,
        Tensors carried) {
      this.definition = definition;
      this.description = description;
      this.stamp = stamp;
      this.shipment = shipment;
      this.carried = carried;
    }

    Manifest run(StageNetwork initial, Optional<Integer> newest) {
      List<ExampleRef> examples = examples(Split.TRAIN);
      Validation validation = validation(examples(Split.VALID));
      Progress progress =
          new Progress(
              run.root().getName(),
              stage,
              settings.epochs(),
              initial.heads(),
              System::currentTimeMillis);
      StageRecords records = new StageRecords(fs, run, stage, train.tensorboard());
      StageNetwork network = initial;
      StageState state =
          new StageState(
              0, 0, schedule.start(settings.updater().learningRate()), false, "", Double.NaN);
      if (newest.isPresent()) {
        CheckpointStore.Content content = checkpoints.read(newest.get());
        state = content.state();
        kept = state.epoch();
        network = restored(network, content, rate(state), state.epoch());
        LOG.info("stage {} goes on after epoch {}", stage, state.epoch());
      }
      while (state.stop().isEmpty()) {
        int epoch = state.epoch() + 1;
        if (state.reloadBest()) {
          requireBest(state);
          CheckpointStore.Content best = checkpoints.read(state.schedule().bestEpoch());
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
        requireBest(state);
        EpochRows rows = progress.epoch(epoch, values, rate, best);
        writing(
            "write the metrics of epoch " + epoch,
            () -> {
              records.write(rows, lock);
              return rows;
            });
        checkpoint(state, network, best);
      }
      requireBest(state);
      StageState last = state;
      return writing("write the stage's end", () -> finish(last));
    }

    private <T> T writing(String what, Supplier<T> write) {
      return WriteFailure.explained(fs, stage, what, layout.folder(), kept, write);
    }

    /** Stops now where the checkpoint that the stage's end needs is gone, not hours later. */
    private void requireBest(StageState state) {
      int best = state.schedule().bestEpoch();
      if (best > kept) {
        return;
      }
      try {
        Manifest.read(fs, layout.checkpoint(best), CheckpointStore.KIND)
            .verify(fs, layout.checkpoint(best), false);
      } catch (InputException e) {
        throw new RunException(
            """
            Stage '%s' stopped after epoch %d: the checkpoint of its best epoch, %d, is not whole any more.
              found: %s
              cause: something else deleted or moved it while the stage trained
              kept:  what is left in %s
              fix:   put it back, or start the same command again as it is: it goes on after the newest epoch \
            whose checkpoint and best checkpoint are whole, and ends in the same parameters"""
                .formatted(
                    stage,
                    state.epoch(),
                    best,
                    e.getMessage().lines().findFirst().orElse(""),
                    layout.checkpoints()),
            e);
      }
    }

    /** The learning rate of the epoch that follows a state. */
    private double rate(StageState state) {
      return settings
          .updater()
          .rateOf(state.schedule().learningRate(), state.epoch() + 1, settings.epochs());
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
          definition.key(),
          shipment,
          train.slices(),
          PlanToken.encode(0, plan),
          definition.lossWeights(),
          definition.targetClasses().size());
    }

    private void fit(
        StageNetwork network, List<ExampleRef> examples, int epoch, Progress progress) {
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
              train.slices(),
              train.averageUpdaterEvery(),
              round -> {
                Accounting.round(stage, plan, round);
                progress.round(round);
              });
      new SparkComputationGraph(context, network.graph(), master)
          .fitPaths(
              context.parallelize(PlanToken.encode(epoch, plan), train.workers()),
              (MultiDataSetLoader) null);
      Accounting.epoch(
          stage, epoch, plan.repeats() == 0 ? examples : plan.uses(), progress.rounds());
    }

    private StageState after(
        StageState state, int epoch, StageNetwork network, Map<String, Validation.Value> values) {
      String metric = Validation.name(settings.selection().metric());
      Validation.Value value = values.get(metric);
      if (value == null) {
        throw new ConfigurationException(
            "Stage '"
                + stage
                + "' selects by "
                + metric
                + ", but its validation gives "
                + values.keySet()
                + ". Correct cogaze.recipe.stages."
                + stage
                + ".selection.metric, or give each class validation examples");
      }
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

    private void checkpoint(StageState state, StageNetwork network, boolean best) {
      boolean due =
          state.epoch() % train.checkpoints().everyEpochs() == 0 || !state.stop().isEmpty();
      if (!due && !best) {
        return;
      }
      Tensors tensors =
          Parts.together(TensorStore.read(network.graph(), network.built().names()), carried);
      CheckpointStore.Content content =
          new CheckpointStore.Content(
              description, state, tensors, network.state().updater(), provenance());
      writing(
          "write the checkpoint of epoch " + state.epoch(),
          () -> checkpoints.write(content, stamp, lock));
      kept = state.epoch();
      writing("delete old checkpoints", () -> retain(state));
    }

    private List<Integer> retain(StageState state) {
      List<Integer> epochs = checkpoints.epochs();
      int newest = Math.max(0, epochs.size() - train.checkpoints().keepLast());
      List<Integer> retained = new ArrayList<>(epochs.subList(newest, epochs.size()));
      retained.add(state.schedule().bestEpoch());
      checkpoints.retain(retained);
      return retained;
    }

    private Manifest finish(StageState state) {
      int bestEpoch = state.schedule().bestEpoch();
      Manifest best = Manifest.read(fs, layout.checkpoint(bestEpoch), CheckpointStore.KIND);
      TreeMap<String, Object> body = new TreeMap<>();
      body.put("stage", stage);
      body.put("epochs", state.epoch());
      body.put("best_epoch", bestEpoch);
      body.put("metric", Validation.name(settings.selection().metric()));
      body.put("best_value", Double.toString(state.schedule().bestValue()));
      body.put("stop_reason", state.stop());
      body.put("parameters_sha256", best.body().path("parameters_sha256").asText());
      stamp.putInto(body);
      LOG.info(
          "stage {} is finished: {}; best epoch {} with {} {}",
          stage,
          state.stop(),
          bestEpoch,
          body.get("metric"),
          body.get("best_value"));
      return FolderCommit.begin(fs, layout.folder(), CheckpointStore.STAGE_KIND)
          .guardedBy(lock)
          .publish(body);
    }

    private Provenance provenance() {
      TreeMap<String, String> notes = new TreeMap<>();
      notes.put("recipe", request.recipe().name());
      notes.put(Reproduction.STAGE, stage);
      notes.put(Reproduction.KERNEL, Kernels.description());
      notes.put(Reproduction.NATIVE_THREADS, Integer.toString(train.nativeThreads()));
      notes.put("backend", Backend.current().name().toLowerCase(Locale.ROOT));
      if (!request.configuration().isEmpty()) {
        notes.put(Reproduction.CONFIGURATION, request.configuration());
      }
      notes.put("pretrained", "no: every network began with random weights, none were pretrained");
      return new Provenance(
          new TreeMap<>(Map.of("shards", shards.sha256())),
          stamp.hash(),
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
}
