package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.Head;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.JavaBytes;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.NetworkSettings;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.ExampleCache;
import io.cogaze.train.step.ExampleSource;
import io.cogaze.train.step.StageDefinition;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.TrainingState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;

/** Epochs of small networks on Spark, as training runs them. */
final class AveragedEpoch {
  private static final int SIZE = 32;

  /** Learning rate of the networks. */
  static final double RATE = 1e-2;

  private final ShardSet shards;
  private final JavaSparkContext context;

  /** Writes shards of 34 examples to a folder. */
  AveragedEpoch(Path folder) throws IOException {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
    context = JavaSparkContext.fromSparkContext(TestSpark.session().sparkContext());
    shards =
        ShardSet.open(
            new Configuration(), TrainingShards.write(folder.resolve("shards"), 34, 0, SIZE, SIZE));
  }

  /** How an epoch is run. */
  record Settings(
      int workers,
      int batch,
      int frequency,
      int slices,
      int prefetch,
      int averageUpdaterEvery,
      boolean deltas) {
    Settings(int workers, int batch, int frequency) {
      this(workers, batch, frequency, 2 * workers, 2, 1, false);
    }
  }

  /** What an epoch gave. */
  record Result(TrainingState state, List<RoundSummary> rounds) {}

  /** How the rounds of an epoch come from its tokens. */
  @FunctionalInterface
  interface Way {
    void run(Rounds.Stage stage, StageNetwork network, Consumer<RoundSummary> listener);
  }

  /** An epoch as planned, by the training master. */
  Result run(
      StageDefinition definition, EpochPlan plan, Settings settings, Consumer<RoundSummary> then) {
    return run(definition, PlanToken.encode(1, plan), settings, then);
  }

  /** An epoch of these tokens, by the training master. */
  Result run(
      StageDefinition definition,
      List<String> tokens,
      Settings settings,
      Consumer<RoundSummary> then) {
    return run(
        definition,
        settings,
        then,
        (stage, network, listener) ->
            new SparkComputationGraph(
                    context,
                    network.graph(),
                    new CogazeTrainingMaster(
                        network,
                        stage.key(),
                        stage.name(),
                        stage.shipment(),
                        stage.slices(),
                        stage.deltas(),
                        stage.averageUpdaterEvery(),
                        listener))
                .fitPaths(
                    context.parallelize(tokens, settings.workers()), (MultiDataSetLoader) null));
  }

  /** An epoch in another way. */
  Result run(StageDefinition definition, Settings settings, Consumer<RoundSummary> then, Way way) {
    StageNetwork network = StageNetwork.initialise(definition, RATE);
    Broadcast<byte[]> shipment =
        context.broadcast(
            JavaBytes.of(
                new StageShipment(
                    definition,
                    shards.handle(),
                    network.frozen(),
                    1 << 20,
                    false,
                    settings.prefetch(),
                    settings.batch(),
                    settings.deltas())));
    List<RoundSummary> rounds = new ArrayList<>();
    try {
      way.run(
          new Rounds.Stage(
              definition.key(),
              definition.stage(),
              shipment,
              settings.slices(),
              settings.deltas(),
              settings.averageUpdaterEvery()),
          network,
          round -> {
            rounds.add(round);
            then.accept(round);
          });
    } finally {
      shipment.destroy();
    }
    return new Result(network.state(), rounds);
  }

  /** Of the first examples. */
  EpochPlan plan(int count, int workers, int batch, int frequency) {
    List<ExampleRef> examples = new ArrayList<>();
    for (IndexEntry entry : shards.index().stream().limit(count).toList()) {
      assertThat(entry.split()).isEqualTo(Split.TRAIN);
      examples.add(
          new ExampleRef(
              entry.exampleId(), entry.file(), entry.rowGroup(), entry.row(), entry.targetClass()));
    }
    return new EpochPlanner(SamplerKind.SHUFFLED, workers, batch, frequency, 16)
        .plan(examples, 5, "stage", 1);
  }

  ExampleSource source() {
    return new ExampleCache(1 << 20).source(shards.handle());
  }

  /** What learns through its own batch normalisation, with Adam. */
  static StageDefinition contrast() {
    return definition(
        Head.DENSENET_CLASS, UpdaterSettings.Kind.ADAM, "densenet", "densenet-classifier");
  }

  /** A dense layer on a frozen network, with plain gradient descent. */
  static StageDefinition fused() {
    return definition(Head.FUSED_CLASS, UpdaterSettings.Kind.SGD, "fused-classifier");
  }

  private static StageDefinition definition(
      Head head, UpdaterSettings.Kind updater, String... trainable) {
    NetworkSettings network =
        new NetworkSettings.Cooperative(
            2,
            new NetworkSettings.DenseNetSize(List.of(1, 1, 1, 1), 4, 4),
            4,
            0,
            new NetworkSettings.Triplet(0.3, false));
    return new StageDefinition(
        UUID.randomUUID().toString(),
        "stage",
        ModelDescription.spec(network, SIZE, SIZE, TrainingShards.CLASSES.size()),
        Map.of(head, 1.0),
        List.of(trainable),
        new UpdaterSettings(updater, RATE),
        TripletOptions.defaults(),
        TrainingShards.CLASSES,
        1,
        7,
        1);
  }

  JavaSparkContext context() {
    return context;
  }
}
