package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.cogaze.train.TestRecipes;
import io.cogaze.train.exchange.Slabs;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.spark.AveragedEpoch.Result;
import io.cogaze.train.spark.AveragedEpoch.Settings;
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
import java.util.function.Supplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockId;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import scala.collection.JavaConverters;

/** Epochs of the training master beside what they should be, computed by hand. */
final class AveragingTest {
  @TempDir static Path folder;
  private static AveragedEpoch epochs;

  @BeforeAll
  static void writeShards() throws IOException {
    epochs = new AveragedEpoch(folder);
  }

  /** SGD, complete labels, no batch normalisation that learns, no dropout. */
  @ParameterizedTest
  @CsvSource({"2, 6, false", "3, 4, false", "8, 3, false", "2, 6, true", "8, 3, true"})
  void workersThatAverageAfterEachStepAreOneMachineWithTheirBatchesTogether(
      int workers, int batch, boolean learnsWeight) {
    StageDefinition definition =
        learnsWeight ? TestRecipes.learningWeights(AveragedEpoch.fused()) : AveragedEpoch.fused();
    EpochPlan plan = epochs.plan(24, workers, batch, 1);
    StageNetwork alone = StageNetwork.initialise(definition, AveragedEpoch.RATE);
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
    new WorkerNetwork(definition, alone).fit(new PlanToken(1, 0, 0, together), epochs.source());

    Result spread = epochs.run(definition, plan, new Settings(workers, batch, 1), round -> {});

    assertThat(together).hasSize(24 / workers / batch);
    assertThat(largestDifference(start, alone.state().learned())).isGreaterThan(1e-4);
    assertThat(largestDifference(spread.state().learned(), alone.state().learned()))
        .isLessThan(1e-6);
    assertThat(spread.state().iteration()).isEqualTo(alone.state().iteration());
  }

  @Test
  void aLearnedLossWeightAndItsOptimisersStateAreTheWeightedMeansByHand() {
    EpochPlan plan = epochs.plan(34, 2, 5, 1);
    StageDefinition definition = TestRecipes.learningWeights(AveragedEpoch.contrast());

    Result found = epochs.run(definition, plan, new Settings(2, 5, 1, 3, 2, 1, false), round -> {});

    TrainingState expected = byHand(definition, plan, 1);
    float[] learned = found.state().learned();
    assertThat(learned).isEqualTo(expected.learned());
    assertThat(found.state().updater()).isEqualTo(expected.updater());
    assertThat(learned.length)
        .isEqualTo(byHand(AveragedEpoch.contrast(), plan, 1).learned().length + 1);
    StageNetwork network = StageNetwork.initialise(definition, AveragedEpoch.RATE);
    network.state(found.state());
    double logSigma = network.lossWeights().get(0).logSigma().orElseThrow();
    assertThat(logSigma).as("four steps of Adam at 1e-2 from 0").isBetween(1e-3, 4e-2);
    assertThat(learned[learned.length - 1]).isEqualTo((float) logSigma);
  }

  /** Workers 0 and 1 have 17 examples of 34, or 5 and 6 of 11: then one has a batch more. */
  @ParameterizedTest
  @CsvSource({"34, 1", "34, 2", "34, 3", "34, 100", "11, 1", "11, 2", "11, 100"})
  void parametersStatisticsAndOptimiserAreTheWeightedMeansByHand(int examples, int every) {
    EpochPlan plan = epochs.plan(examples, 2, 5, 1);
    Settings settings = new Settings(2, 5, 1, 3, 2, every, false);

    Result found = epochs.run(AveragedEpoch.contrast(), plan, settings, round -> {});

    TrainingState expected = byHand(AveragedEpoch.contrast(), plan, every);
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
        epochs
            .run(
                AveragedEpoch.contrast(),
                epochs.plan(34, 2, 5, 1),
                new Settings(2, 5, 1, 3, 2, 2, false),
                round -> {})
            .rounds();

    assertThat(rounds).hasSize(4);
    long all = rounds.get(1).bytes().state();
    assertThat(rounds.get(0).bytes().state() / (double) all).isBetween(0.33, 0.42);
    assertThat(rounds.get(2).bytes().state()).isEqualTo(rounds.get(0).bytes().state());
    assertThat(rounds.get(3).bytes().state()).isEqualTo(all);
  }

  @Test
  void anOptimisersStateThatWasLostIsComputedAgainToTheSameBits() {
    EpochPlan plan = epochs.plan(34, 2, 5, 1);
    Settings settings = new Settings(2, 5, 1, 3, 2, 100, false);
    TrainingState whole = epochs.run(AveragedEpoch.contrast(), plan, settings, round -> {}).state();
    List<Integer> dropped = new ArrayList<>();

    TrainingState recovered =
        epochs
            .run(
                AveragedEpoch.contrast(),
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
    EpochPlan plan = epochs.plan(34, 2, 5, 2);
    TrainingState plain =
        epochs
            .run(AveragedEpoch.contrast(), plan, new Settings(2, 5, 2, 1, 0, 1, false), round -> {})
            .state();
    TrainingState ahead =
        epochs
            .run(AveragedEpoch.contrast(), plan, new Settings(2, 5, 2, 7, 5, 1, false), round -> {})
            .state();

    assertThat(ahead.learned()).isEqualTo(plain.learned());
    assertThat(ahead.updater()).isEqualTo(plain.updater());
    assertThat(ahead.variances()).isEqualTo(plain.variances());
  }

  @ParameterizedTest(name = "with a learned loss weight: {0}")
  @ValueSource(booleans = {false, true})
  void sixteenBitDifferencesTrainAlmostAlikeAndRepeatably(boolean learnsWeight) {
    // Another key each time: executors would go on with the shipment of the first.
    Supplier<StageDefinition> fresh =
        () ->
            learnsWeight
                ? TestRecipes.learningWeights(AveragedEpoch.contrast())
                : AveragedEpoch.contrast();
    EpochPlan plan = epochs.plan(34, 2, 5, 2);
    Result full = epochs.run(fresh.get(), plan, new Settings(2, 5, 2), round -> {});
    Result half = epochs.run(fresh.get(), plan, new Settings(2, 5, 2, 4, 2, 1, true), round -> {});
    Result again = epochs.run(fresh.get(), plan, new Settings(2, 5, 2, 9, 0, 1, true), round -> {});

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
    StageDefinition definition = AveragedEpoch.contrast();
    List<Integer> during = new ArrayList<>();
    epochs.run(
        definition,
        epochs.plan(34, 2, 5, 1),
        new Settings(2, 5, 1, 2, 2, 3, false),
        round -> during.add(blocks().size()));

    // Spark does not wait until a broadcast is gone.
    await().untilAsserted(() -> assertThat(blocks()).isEmpty());
    assertThat(during.get(1)).as("starts kept until the states are averaged").isPositive();
    assertThat(WorkerSlots.ofThisJvm().size()).as("networks stay between rounds").isPositive();
    WorkerSlots.evictEverywhere(epochs.context(), "test", "another stage");
    assertThat(WorkerSlots.ofThisJvm().size()).isPositive();
    assertThat(Slabs.bytes(definition.key())).as("memory is used again").isPositive();
    WorkerSlots.evictEverywhere(epochs.context(), "test", definition.key());
    assertThat(WorkerSlots.ofThisJvm().size()).isZero();
    assertThat(Slabs.bytes(definition.key())).isZero();
  }

  @Test
  void aRoundStartsFromWhatLearnsOnly() {
    StageDefinition definition = AveragedEpoch.fused();
    StageNetwork network = StageNetwork.initialise(definition, AveragedEpoch.RATE);
    long learned = network.state().learned().length;
    List<RoundSummary> rounds =
        epochs
            .run(definition, epochs.plan(24, 2, 6, 1), new Settings(2, 6, 1), round -> {})
            .rounds();

    assertThat((long) network.frozen().length).isGreaterThan(100 * learned);
    assertThat(rounds)
        .allSatisfy(round -> assertThat(round.bytes().state()).isLessThan(4 * learned + 4 * 64));
  }

  /** Every round and every worker in turn, on networks of this thread. */
  private static TrainingState byHand(StageDefinition definition, EpochPlan plan, int every) {
    StageNetwork network = StageNetwork.initialise(definition, AveragedEpoch.RATE);
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
          worker.fit(token, epochs.source());
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
