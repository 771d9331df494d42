package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

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
import io.cogaze.train.exchange.Slabs;
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
import io.cogaze.train.step.WorkerNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.BlockId;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.collection.JavaConverters;

/** Epochs of the training master beside what they should be, computed by hand. */
final class AveragingTest {
  private static final int SIZE = 32;
  private static final double RATE = 1e-2;

  @TempDir static Path folder;
  private static ShardSet shards;
  private static JavaSparkContext context;

  /** How an epoch is run. */
  private record Settings(
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
  private record Result(TrainingState state, List<RoundSummary> rounds) {}

  @BeforeAll
  static void writeShards() throws IOException {
    NativeLibrary.prepare();
    NativeLibrary.threads(1);
    context = JavaSparkContext.fromSparkContext(TestSpark.session().sparkContext());
    shards =
        ShardSet.open(
            new Configuration(), TrainingShards.write(folder.resolve("shards"), 34, 0, SIZE, SIZE));
  }

  /** SGD, complete labels, no batch normalisation that learns, no dropout. */
  @ParameterizedTest
  @CsvSource({"2, 6, false", "3, 4, false", "8, 3, false", "2, 6, true", "8, 3, true"})
  void workersThatAverageAfterEachStepAreOneMachineWithTheirBatchesTogether(
      int workers, int batch, boolean learnsWeight) {
    StageDefinition definition = learnsWeight ? learningWeight(fused()) : fused();
    EpochPlan plan = plan(24, workers, batch, 1);
    StageNetwork alone = StageNetwork.initialise(definition, RATE);
    float[] start = alone.state().learned();
    List<List<PlanToken.Row>> together = new ArrayList<>();
    for (int round = 0; round < plan.rounds(); round++) {
      List<PlanToken.Row> ofAll = new ArrayList<>();
      for (String text : PlanToken.encode(1, plan)) {
        PlanToken token = PlanToken.decode(text);
        if (token.round() == round) {
          token.batches().forEach(ofAll::addAll);
        }
      }
      together.add(ofAll);
    }
    new WorkerNetwork(definition, alone).fit(new PlanToken(1, 0, 0, together), source());

    Result spread = epoch(definition, plan, new Settings(workers, batch, 1), round -> {});

    assertThat(together).hasSize(24 / workers / batch);
    assertThat(largestDifference(start, alone.state().learned())).isGreaterThan(1e-4);
    assertThat(largestDifference(spread.state().learned(), alone.state().learned()))
        .isLessThan(1e-6);
    assertThat(spread.state().iteration()).isEqualTo(alone.state().iteration());
  }

  @Test
  void aLearnedLossWeightAndItsOptimisersStateAreTheWeightedMeansByHand() {
    EpochPlan plan = plan(34, 2, 5, 1);
    StageDefinition definition = learningWeight(contrast());

    Result found = epoch(definition, plan, new Settings(2, 5, 1, 3, 2, 1, false), round -> {});

    TrainingState expected = byHand(definition, plan, 1);
    float[] learned = found.state().learned();
    assertThat(learned).isEqualTo(expected.learned());
    assertThat(found.state().updater()).isEqualTo(expected.updater());
    assertThat(learned.length).isEqualTo(byHand(contrast(), plan, 1).learned().length + 1);
    StageNetwork network = StageNetwork.initialise(definition, RATE);
    network.state(found.state());
    double logSigma = network.lossWeights().get(0).logSigma().orElseThrow();
    assertThat(logSigma).as("four steps of Adam at 1e-2 from 0").isBetween(1e-3, 4e-2);
    assertThat(learned[learned.length - 1]).isEqualTo((float) logSigma);
  }

  /** Workers 0 and 1 have 17 examples of 34, or 5 and 6 of 11: then one has a batch more. */
  @ParameterizedTest
  @CsvSource({"34, 1", "34, 2", "34, 3", "34, 100", "11, 1", "11, 2", "11, 100"})
  void parametersStatisticsAndOptimiserAreTheWeightedMeansByHand(int examples, int every) {
    EpochPlan plan = plan(examples, 2, 5, 1);
    Settings settings = new Settings(2, 5, 1, 3, 2, every, false);

    Result found = epoch(contrast(), plan, settings, round -> {});

    TrainingState expected = byHand(contrast(), plan, every);
    assertThat(found.rounds()).hasSize(plan.rounds());
    assertThat(found.state().learned()).isEqualTo(expected.learned());
    assertThat(found.state().updater()).isEqualTo(expected.updater());
    assertThat(found.state().means()).isEqualTo(expected.means());
    assertThat(found.state().variances()).isEqualTo(expected.variances());
    assertThat(found.state().iteration()).isEqualTo(plan.rounds());
  }

  @Test
  void roundsThatKeepTheOptimisersStatesSendAThird() {
    List<RoundSummary> rounds =
        epoch(contrast(), plan(34, 2, 5, 1), new Settings(2, 5, 1, 3, 2, 2, false), round -> {})
            .rounds();

    assertThat(rounds).hasSize(4);
    long all = rounds.get(1).bytes().state();
    assertThat(rounds.get(0).bytes().state() / (double) all).isBetween(0.33, 0.42);
    assertThat(rounds.get(2).bytes().state()).isEqualTo(rounds.get(0).bytes().state());
    assertThat(rounds.get(3).bytes().state()).isEqualTo(all);
  }

  @Test
  void anOptimisersStateThatWasLostIsComputedAgainToTheSameBits() {
    EpochPlan plan = plan(34, 2, 5, 1);
    Settings settings = new Settings(2, 5, 1, 3, 2, 100, false);
    TrainingState whole = epoch(contrast(), plan, settings, round -> {}).state();
    List<Integer> dropped = new ArrayList<>();

    TrainingState recovered =
        epoch(
                contrast(),
                plan,
                settings,
                round -> {
                  for (BlockId block : blocks()) {
                    if (round.round() < 4 && block.name().contains("_cogaze_u0")) {
                      SparkEnv.get().blockManager().removeBlock(block, false);
                      dropped.add(round.round());
                    }
                  }
                })
            .state();

    assertThat(dropped).hasSizeGreaterThanOrEqualTo(3);
    assertThat(recovered.learned()).isEqualTo(whole.learned());
    assertThat(recovered.updater()).isEqualTo(whole.updater());
  }

  @Test
  void readingAheadAndTheNumberOfSlicesChangeNoBit() {
    EpochPlan plan = plan(34, 2, 5, 2);
    TrainingState plain =
        epoch(contrast(), plan, new Settings(2, 5, 2, 1, 0, 1, false), round -> {}).state();
    TrainingState ahead =
        epoch(contrast(), plan, new Settings(2, 5, 2, 7, 5, 1, false), round -> {}).state();

    assertThat(ahead.learned()).isEqualTo(plain.learned());
    assertThat(ahead.updater()).isEqualTo(plain.updater());
    assertThat(ahead.variances()).isEqualTo(plain.variances());
  }

  @Test
  void sixteenBitDifferencesTrainAlmostAlikeAndRepeatably() {
    EpochPlan plan = plan(34, 2, 5, 2);
    Result full = epoch(contrast(), plan, new Settings(2, 5, 2), round -> {});
    Result half = epoch(contrast(), plan, new Settings(2, 5, 2, 4, 2, 1, true), round -> {});
    Result again = epoch(contrast(), plan, new Settings(2, 5, 2, 9, 0, 1, true), round -> {});

    assertThat(half.state().learned()).isNotEqualTo(full.state().learned());
    assertThat(again.state().learned()).isEqualTo(half.state().learned());
    assertThat(again.state().updater()).isEqualTo(half.state().updater());
    for (int round = 0; round < full.rounds().size(); round++) {
      double loss = full.rounds().get(round).loss();
      assertThat(half.rounds().get(round).loss()).isCloseTo(loss, within(0.01 * loss));
    }
    // Rounding is by at most 1/32767 of the block's largest step, a few steps of 1e-2 here.
    assertThat(largestDifference(half.state().learned(), full.state().learned())).isLessThan(1e-2);
  }

  @Test
  void nothingOfAnEpochStaysBehind() {
    StageDefinition definition = contrast();
    List<Integer> during = new ArrayList<>();
    epoch(
        definition,
        plan(34, 2, 5, 1),
        new Settings(2, 5, 1, 2, 2, 3, false),
        round -> during.add(blocks().size()));

    // Spark does not wait until a broadcast is gone.
    await().untilAsserted(() -> assertThat(blocks()).isEmpty());
    assertThat(during.get(1)).as("starts kept until the states are averaged").isPositive();
    assertThat(WorkerSlots.ofThisJvm().size()).as("networks stay between rounds").isPositive();
    WorkerSlots.evictEverywhere(context, "test", "another stage");
    assertThat(WorkerSlots.ofThisJvm().size()).isPositive();
    assertThat(Slabs.bytes(definition.key())).as("memory is used again").isPositive();
    WorkerSlots.evictEverywhere(context, "test", definition.key());
    assertThat(WorkerSlots.ofThisJvm().size()).isZero();
    assertThat(Slabs.bytes(definition.key())).isZero();
  }

  @Test
  void aRoundStartsFromWhatLearnsOnly() {
    StageDefinition definition = fused();
    StageNetwork network = StageNetwork.initialise(definition, RATE);
    long learned = network.state().learned().length;
    List<RoundSummary> rounds =
        epoch(definition, plan(24, 2, 6, 1), new Settings(2, 6, 1), round -> {}).rounds();

    assertThat((long) network.frozen().length).isGreaterThan(100 * learned);
    assertThat(rounds)
        .allSatisfy(round -> assertThat(round.bytes().state()).isLessThan(4 * learned + 4 * 64));
  }

  /** Every round and every worker in turn, on networks of this thread. */
  private static TrainingState byHand(StageDefinition definition, EpochPlan plan, int every) {
    StageNetwork network = StageNetwork.initialise(definition, RATE);
    WorkerNetwork worker = new WorkerNetwork(definition, network);
    TrainingState now = network.state();
    Map<Integer, float[]> own = new TreeMap<>();
    double[] seen = new double[plan.workers()];
    for (int round = 0; round < plan.rounds(); round++) {
      List<TrainingState> reached = new ArrayList<>();
      List<Double> used = new ArrayList<>();
      for (String text : PlanToken.encode(1, plan)) {
        PlanToken token = PlanToken.decode(text);
        if (token.round() == round) {
          network.state(now.withUpdater(own.getOrDefault(token.worker(), now.updater())));
          worker.fit(token, source());
          reached.add(network.state());
          own.put(token.worker(), network.state().updater());
          used.add((double) token.examples());
          seen[token.worker()] += token.examples();
        }
      }
      double[] weights = used.stream().mapToDouble(n -> n).toArray();
      float[] updater = now.updater();
      if ((round + 1) % every == 0 || round + 1 == plan.rounds()) {
        updater =
            mean(
                List.copyOf(own.values()),
                own.keySet().stream().mapToDouble(w -> seen[w]).toArray());
        own.clear();
        Arrays.fill(seen, 0);
      }
      float[] means = mean(reached.stream().map(TrainingState::means).toList(), weights);
      now =
          new TrainingState(
              mean(reached.stream().map(TrainingState::learned).toList(), weights),
              means,
              variance(reached, weights),
              updater,
              now.iteration() + 1,
              now.epoch());
    }
    return now;
  }

  private static float[] mean(List<float[]> vectors, double[] counts) {
    double all = Arrays.stream(counts).sum();
    float[] mean = new float[vectors.get(0).length];
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      for (int k = 0; k < counts.length; k++) {
        sum += counts[k] / all * vectors.get(k)[i];
      }
      mean[i] = (float) sum;
    }
    return mean;
  }

  private static float[] variance(List<TrainingState> states, double[] counts) {
    double all = Arrays.stream(counts).sum();
    float[] mixture = new float[states.get(0).variances().length];
    for (int i = 0; i < mixture.length; i++) {
      double mean = 0;
      double within = 0;
      for (int k = 0; k < counts.length; k++) {
        mean += counts[k] / all * states.get(k).means()[i];
        within += counts[k] / all * states.get(k).variances()[i];
      }
      double between = 0;
      for (int k = 0; k < counts.length; k++) {
        double deviation = states.get(k).means()[i] - mean;
        between += counts[k] / all * deviation * deviation;
      }
      mixture[i] = (float) (within + between);
    }
    return mixture;
  }

  private static Result epoch(
      StageDefinition definition, EpochPlan plan, Settings settings, Consumer<RoundSummary> then) {
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
    CogazeTrainingMaster master =
        new CogazeTrainingMaster(
            network,
            definition.key(),
            definition.stage(),
            shipment,
            settings.slices(),
            settings.deltas(),
            settings.averageUpdaterEvery(),
            round -> {
              rounds.add(round);
              then.accept(round);
            });
    try {
      new SparkComputationGraph(context, network.graph(), master)
          .fitPaths(
              context.parallelize(PlanToken.encode(1, plan), settings.workers()),
              (MultiDataSetLoader) null);
    } finally {
      shipment.destroy();
    }
    return new Result(network.state(), rounds);
  }

  private static EpochPlan plan(int count, int workers, int batch, int frequency) {
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

  private static ExampleSource source() {
    return new ExampleCache(1 << 20).source(shards.handle());
  }

  private static StageDefinition contrast() {
    return definition(
        Head.DENSENET_CLASS, UpdaterSettings.Kind.ADAM, "densenet", "densenet-classifier");
  }

  private static StageDefinition fused() {
    return definition(Head.FUSED_CLASS, UpdaterSettings.Kind.SGD, "fused-classifier");
  }

  private static StageDefinition learningWeight(StageDefinition fixed) {
    return new StageDefinition(
        fixed.key(),
        fixed.stage(),
        fixed.spec(),
        fixed.lossWeights(),
        fixed.trainable(),
        fixed.updater(),
        fixed.triplet(),
        fixed.targetClasses(),
        fixed.inputReduction(),
        fixed.seed(),
        fixed.nativeThreads(),
        fixed.stepRule(),
        fixed.lossWeights().keySet());
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

  private static double largestDifference(float[] one, float[] other) {
    assertThat(one).hasSameSizeAs(other);
    double largest = 0;
    for (int i = 0; i < one.length; i++) {
      largest = Math.max(largest, Math.abs((double) one[i] - other[i]));
    }
    return largest;
  }

  /** The blocks of states that this process holds. */
  private static List<BlockId> blocks() {
    return JavaConverters.seqAsJavaList(
            SparkEnv.get().blockManager().getMatchingBlockIds(BlockId::isBroadcast))
        .stream()
        .filter(id -> id.name().contains("_cogaze_"))
        .toList();
  }
}
