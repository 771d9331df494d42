package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.RunException;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.spark.AveragedEpoch.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Epochs that train on Spark while something is dropped, repeated or delivered twice on the way
 * between the plan and the driver: the round in which it happens ends them.
 */
final class PlantedFaultsTest {
  /** A token. */
  private static final int SECOND_ROUND_WORKER_1 = 3;

  private static final Settings SETTINGS = new Settings(2, 5, 1);

  @TempDir static Path folder;
  private static AveragedEpoch epochs;
  private static EpochPlan plan;

  @BeforeAll
  static void writeShards() throws IOException {
    epochs = new AveragedEpoch(folder);
    plan = epochs.plan(34, 2, 5, 1);
  }

  @Test
  void anEpochAsPlannedPasses() {
    List<Integer> rounds = new ArrayList<>();
    assertThatCode(() -> train(PlanToken.encode(1, plan), rounds)).doesNotThrowAnyException();
    assertThat(rounds).containsExactly(1, 2, 3, 4);
  }

  @Test
  void anExampleThatAWorkerSkipsEndsTheRound() {
    assertEnds(
        withBatches(batches -> batches.replaceFirst(" [0-9.]+$", "")),
        "Stage 'stage', epoch 1, round 2: worker 1 used 4 of 5 planned examples: 1 lost");
  }

  @Test
  void anExampleThatAWorkerUsesTwiceEndsTheRound() {
    assertEnds(
        withBatches(batches -> batches + " " + batches.substring(0, batches.indexOf(' '))),
        "Stage 'stage', epoch 1, round 2: worker 1 used 6 of 5 planned examples: 1 too many");
  }

  @Test
  void aBatchThatAWorkerTrainsOnAgainEndsTheRound() {
    assertEnds(
        withBatches(batches -> batches + "|" + batches),
        "Stage 'stage', epoch 1, round 2: worker 1 used 10 of 5 planned examples: 5 too many");
  }

  @Test
  void aWorkersWorkThatNeverGetsToATaskEndsTheRound() {
    List<String> tokens = PlanToken.encode(1, plan);
    tokens.remove(SECOND_ROUND_WORKER_1);
    assertEnds(tokens, "Stage 'stage', epoch 1, round 2: the result of worker 1 is lost");
  }

  @Test
  void aTaskWhoseResultIsDeliveredTwiceEndsTheRound() {
    assertResultsEnd(
        each -> List.of(each, each).iterator(),
        "Stage 'stage': 4 of 2 workers reported; a result was lost or counted twice");
  }

  @Test
  void aTaskWhoseResultIsLostEndsTheRound() {
    assertResultsEnd(
        each -> Collections.emptyIterator(),
        "Stage 'stage': 0 of 2 workers reported; a result was lost or counted twice");
  }

  private static void assertEnds(List<String> tokens, String message) {
    List<Integer> rounds = new ArrayList<>();
    assertThatThrownBy(() -> train(tokens, rounds))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(message);
    assertThat(rounds).as("rounds before it").containsExactly(1);
  }

  /** The tokens of the epoch with the batches of one of them changed: its worker does that. */
  private static List<String> withBatches(UnaryOperator<String> change) {
    List<String> tokens = PlanToken.encode(1, plan);
    String token = tokens.get(SECOND_ROUND_WORKER_1);
    int batches = token.lastIndexOf(';') + 1;
    tokens.set(
        SECOND_ROUND_WORKER_1,
        token.substring(0, batches) + change.apply(token.substring(batches)));
    assertThat(PlanToken.decode(tokens.get(SECOND_ROUND_WORKER_1)))
        .isNotEqualTo(PlanToken.decode(PlanToken.encode(1, plan).get(SECOND_ROUND_WORKER_1)));
    return tokens;
  }

  /** As a stage trains. */
  private static void train(List<String> tokens, List<Integer> rounds) {
    epochs.run(
        AveragedEpoch.contrast(),
        tokens,
        SETTINGS,
        round -> {
          Accounting.round("stage", plan, round);
          rounds.add(round.round());
        });
  }

  private static void assertResultsEnd(FlatMapFunction<byte[], byte[]> change, String message) {
    List<Integer> rounds = new ArrayList<>();
    assertThatThrownBy(
            () ->
                epochs.run(
                    AveragedEpoch.contrast(),
                    SETTINGS,
                    round -> rounds.add(round.round()),
                    (stage, network, listener) ->
                        Rounds.run(
                            epochs.context(),
                            stage,
                            network,
                            new ChangedResults(tokens(), 1, change),
                            listener)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(message);
    assertThat(rounds).as("rounds before it").containsExactly(1);
  }

  private static TokenRounds tokens() {
    List<String> all = PlanToken.encode(1, plan);
    List<List<String>> rounds = new ArrayList<>();
    for (int first = 0; first < all.size(); first += SETTINGS.workers()) {
      rounds.add(all.subList(first, first + SETTINGS.workers()));
    }
    return new TokenRounds(epochs.context(), rounds);
  }

  /**
   * What the tasks of a round gave, changed on its way.
   *
   * @param where the round, from 0
   */
  private record ChangedResults(RoundPlan plan, int where, FlatMapFunction<byte[], byte[]> change)
      implements RoundPlan {
    @Override
    public int epoch() {
      return plan.epoch();
    }

    @Override
    public int rounds() {
      return plan.rounds();
    }

    @Override
    public int workers() {
      return plan.workers();
    }

    @Override
    public Set<Integer> busy(int round) {
      return plan.busy(round);
    }

    @Override
    public JavaRDD<byte[]> tasks(
        int round, Set<Integer> workers, RoundStart start, Map<Integer, String> homes) {
      JavaRDD<byte[]> tasks = plan.tasks(round, workers, start, homes);
      return round == where ? tasks.flatMap(change) : tasks;
    }
  }
}
