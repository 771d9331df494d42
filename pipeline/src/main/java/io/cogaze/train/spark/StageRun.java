package io.cogaze.train.spark;

import io.cogaze.nn.network.Head;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.Rerun;
import io.cogaze.run.RunLayout;
import io.cogaze.run.Sha256;
import io.cogaze.run.StageLayout;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardSet;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.SettingsText;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.StepRule;
import io.cogaze.weights.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One stage of one run: from where it stands to its end. */
final class StageRun {
  private static final Logger LOG = LoggerFactory.getLogger(StageRun.class);
  private static final int MEBI = 1 << 20;
  private static final String WORKERS = "train.workers";

  private final StageScope scope;
  private final JavaSparkContext context;
  private final FileSystem fs;
  private final RunLayout run;
  private final ShardSet shards;
  private final TrainRequest request;
  private final String stage;
  private final StageSettings settings;
  private final TrainSettings train;
  private final StageLayout layout;
  private final CheckpointStore checkpoints;
  private final Map<Head, Double> heads;

  StageRun(StageScope scope) {
    this.scope = scope;
    this.context = scope.context();
    this.fs = scope.fs();
    this.run = scope.run();
    this.shards = scope.shards();
    this.request = scope.request();
    this.stage = scope.stage();
    this.settings = scope.settings();
    this.train = scope.train();
    this.layout = scope.layout();
    this.checkpoints = new CheckpointStore(fs, layout);
    this.heads = scope.heads();
  }

  TrainResult.StageResult run() {
    long start = System.nanoTime();
    ModelDescription description =
        StageDescription.of(stage, settings, heads, request.recipe(), shards.manifest());
    StageWeights weights = StageWeights.of(scope);
    ConfigStamp stamp = stamp(weights);
    if (request.startAnew()) {
      throwAwayIfDifferent(stamp);
    }
    Rerun rerun = decided(layout.folder(), CheckpointStore.STAGE_KIND, stamp);
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
        checkpoints.retain(List.of(), scope.lock());
      }
    }
    Optional<Integer> newest = checkpoints.newestUsable();
    newest.ifPresent(epoch -> decided(layout.checkpoint(epoch), CheckpointStore.KIND, stamp));
    // Later ones are damaged: they must not crowd out whole ones.
    checkpoints.retain(
        checkpoints.epochs().stream().filter(epoch -> epoch <= newest.orElse(0)).toList(),
        scope.lock());

    StageDefinition definition = definition(description);
    StageNetwork network =
        StageNetwork.initialise(
            definition,
            settings.updater().rateOf(settings.updater().learningRate(), 1, settings.epochs()));
    Tensors carried = weights.transfer(network);
    Broadcast<byte[]> shipment =
        context.broadcast(
            JavaBytes.of(
                new StageShipment(
                    definition,
                    shards.handle(),
                    network.frozen(),
                    (long) train.exampleCacheMb() * MEBI,
                    train.cacheFrozenFeatures(),
                    train.prefetchBatches(),
                    settings.batchSize(),
                    train.sendsDeltas())));
    try {
      StageLoop loop =
          new StageLoop(
              scope,
              definition,
              description,
              stamp.hash(),
              shipment,
              carried,
              new StageCheckpoints(scope, checkpoints, stamp));
      int resumedFrom = newest.orElse(0);
      Manifest finished = loop.run(network, newest);
      WorkerSlots.evictEverywhere(context, stage, definition.key());
      return result(finished, false, resumedFrom, start);
    } finally {
      Progress.over();
      Broadcasts.destroy(context, shipment);
    }
  }

  /**
   * What to do about a folder. Another configuration is refused, but for the number of workers
   * where that is allowed.
   */
  private Rerun decided(Path folder, String kind, ConfigStamp stamp) {
    Optional<ConfigStamp> other =
        request.resources().allowOtherWorkers()
            ? Manifest.readIfPresent(fs, folder)
                .map(ConfigStamp::of)
                .filter(old -> withoutWorkers(old).equals(withoutWorkers(stamp)))
            : Optional.empty();
    return Rerun.decide(fs, folder, kind, other.orElse(stamp), false);
  }

  private static Map<String, String> withoutWorkers(ConfigStamp stamp) {
    TreeMap<String, String> values = new TreeMap<>(stamp.values());
    values.remove(WORKERS);
    return values;
  }

  private ConfigStamp stamp(StageWeights weights) {
    TreeMap<String, String> text = new TreeMap<>();
    SettingsText.put(text, "recipe.network", request.recipe().network());
    SettingsText.put(text, "recipe.stages." + stage, settings);
    text.put("train.seed", Long.toString(train.seed()));
    text.put(WORKERS, Integer.toString(train.workers()));
    text.put("train.native-threads", Integer.toString(train.nativeThreads()));
    text.put("train.shuffle-window", Integer.toString(train.shuffleWindow()));
    text.put("train.validation-batch-size", Integer.toString(train.validationBatchSize()));
    text.put("train.cache-frozen-features", Boolean.toString(train.cacheFrozenFeatures()));
    text.put("train.average-updater-every", Integer.toString(train.averageUpdaterEvery()));
    text.put("train.delta-bits", Integer.toString(train.deltaBits()));
    text.put("shards.content", shards.manifest().contentHash());
    weights.putInto(text);
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
    checkpoints.retain(List.of(), scope.lock());
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
            settings.accumulate(), settings.clipGlobalNorm().orElse(Double.POSITIVE_INFINITY)),
        StageDescription.learnedWeights(stage, settings));
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
}
