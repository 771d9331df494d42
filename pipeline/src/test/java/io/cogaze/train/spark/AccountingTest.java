package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.RunException;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.PlanToken;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.step.TrainingState;
import io.cogaze.train.step.WorkerReport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Planted faults between the plan of an epoch and what its workers say they did. */
final class AccountingTest {
  private static final int WORKERS = 3;
  private static final ExecutorMemory MEMORY = new ExecutorMemory("1", "host", 1, 2, 3, 4, 5);
  private static final List<SamplerKind> SAMPLERS = List.copyOf(EnumSet.allOf(SamplerKind.class));
  private static final List<ExampleRef> EXAMPLES = examples();
  private static final EpochPlan PLAN =
      new EpochPlanner(SamplerKind.SHUFFLED, WORKERS, 4, 2, 8).plan(EXAMPLES, 7, "classify", 1);

  @Test
  void aRoundAsPlannedPasses() {
    for (int round = 1; round <= PLAN.rounds(); round++) {
      RoundSummary summary = round(round, ids -> ids);
      assertThatCode(() -> Accounting.round("classify", PLAN, summary)).doesNotThrowAnyException();
    }
    assertThatCode(() -> Accounting.epoch("classify", 1, EXAMPLES, epoch()))
        .doesNotThrowAnyException();
  }

  static LongStream seeds() {
    return LongStream.range(0, 20);
  }

  /**
   * 20 seeds times 50 draws: 1,000 combinations, on the way that training takes: the plan goes to
   * the workers as tokens, they read the rows that these name, and report what they read.
   */
  @ParameterizedTest
  @MethodSource("seeds")
  void whatTokensNameIsWhatIsAccountedForWhateverTheCounts(long seed) {
    Random random = new Random(seed);
    for (int draw = 0; draw < 50; draw++) {
      SamplerKind sampler = SAMPLERS.get(random.nextInt(SAMPLERS.size()));
      List<ExampleRef> examples =
          stored(1 + random.nextInt(300), 1 + random.nextInt(6), 1 + random.nextInt(40), random);
      Map<PlanToken.Row, String> records = new HashMap<>();
      for (ExampleRef example : examples) {
        records.put(
            new PlanToken.Row(example.file(), example.rowGroup(), example.row()),
            example.exampleId());
      }
      EpochPlan plan =
          new EpochPlanner(
                  sampler,
                  1 + random.nextInt(9),
                  1 + random.nextInt(40),
                  1 + random.nextInt(6),
                  1 + random.nextInt(200))
              .plan(examples, seed, "stage", 1 + draw);
      Map<Integer, List<WorkerReport>> reports = new TreeMap<>();
      for (String text : PlanToken.encode(1, plan)) {
        PlanToken token = PlanToken.decode(text);
        List<String> read =
            token.batches().stream().flatMap(List::stream).map(records::get).toList();
        reports
            .computeIfAbsent(token.round(), any -> new ArrayList<>())
            .add(report(token.worker(), read));
      }
      List<RoundSummary> rounds = new ArrayList<>();
      reports.forEach((round, done) -> rounds.add(summary(round + 1, done)));

      assertThat(rounds).hasSize(plan.rounds());
      rounds.forEach(round -> Accounting.round("stage", plan, round));
      Accounting.epoch("stage", 1, plan.repeats() == 0 ? examples : plan.uses(), rounds);
      RoundSummary faulty = withFault(rounds.get(random.nextInt(rounds.size())), random);
      assertThatThrownBy(() -> Accounting.round("stage", plan, faulty))
          .as("%s, draw %d", sampler, draw)
          .isInstanceOf(RunException.class);
    }
  }

  /** A worker's part lost or twice, or an example of it lost, twice or another. */
  private static RoundSummary withFault(RoundSummary round, Random random) {
    List<WorkerReport> reports = new ArrayList<>(round.reports());
    int which = random.nextInt(reports.size());
    WorkerReport report = reports.get(which);
    long other = WorkerReport.idHash("example-0") + 1;
    switch (random.nextInt(5)) {
      case 0 -> reports.remove(which);
      case 1 -> reports.add(report);
      case 2 -> reports.set(which, as(report, report.examples() - 1, report.idHash() - other));
      case 3 -> reports.set(which, as(report, report.examples() + 1, report.idHash() + other));
      default -> reports.set(which, as(report, report.examples(), report.idHash() + other));
    }
    return summary(round.round(), reports);
  }

  private static WorkerReport as(WorkerReport report, long examples, long idHash) {
    return new WorkerReport(
        report.worker(), examples, 1, examples, new double[] {examples}, idHash, 1, 1, 1);
  }

  private static WorkerReport report(int worker, List<String> ids) {
    long hash = ids.stream().mapToLong(WorkerReport::idHash).sum();
    return new WorkerReport(
        worker, ids.size(), 1, ids.size(), new double[] {ids.size()}, hash, 1, 1, 1);
  }

  /** As shards hold them. */
  private static List<ExampleRef> stored(int count, int shards, int rowGroup, Random random) {
    List<ExampleRef> examples = new ArrayList<>();
    int[] rows = new int[shards];
    for (int i = 0; i < count; i++) {
      int shard = random.nextInt(shards);
      int row = rows[shard]++;
      examples.add(
          new ExampleRef(
              "example-" + i,
              "data/part-" + shard + ".parquet",
              row / rowGroup,
              row % rowGroup,
              random.nextInt(3)));
    }
    return examples;
  }

  @Test
  void aDroppedExampleIsCaught() {
    assertRefused(
        round(1, ids -> ids.subList(1, ids.size())),
        "Stage 'classify', epoch 1, round 1: worker 0 used 7 of 8 planned examples: 1 lost");
  }

  @Test
  void aDuplicatedExampleIsCaught() {
    assertRefused(
        round(
            1,
            ids -> {
              List<String> more = new ArrayList<>(ids);
              more.add(ids.get(0));
              return more;
            }),
        "worker 0 used 9 of 8 planned examples: 1 too many, used twice or never planned");
  }

  @Test
  void anExampleInPlaceOfAnotherIsCaught() {
    assertRefused(
        round(
            1,
            ids -> {
              List<String> other = new ArrayList<>(ids);
              other.set(0, ids.get(1));
              return other;
            }),
        "worker 0 used 8 of 8 planned examples: others than planned, or one twice and another not");
  }

  @Test
  void aBatchOfAnotherWorkerIsCaught() {
    List<WorkerReport> swapped = new ArrayList<>(round(1, ids -> ids).reports());
    WorkerReport first = swapped.get(0);
    swapped.set(0, as(0, swapped.get(1)));
    swapped.set(1, as(1, first));
    assertRefused(
        summary(1, swapped), "worker 0 used 8 of 8 planned examples: others than planned");
  }

  @Test
  void aResultThatIsDeliveredTwiceIsCaught() {
    List<WorkerReport> reports = new ArrayList<>(round(1, ids -> ids).reports());
    reports.add(reports.get(1));
    assertRefused(
        summary(1, reports),
        "Stage 'classify', epoch 1, round 1: worker 1 delivered its result twice");
  }

  @Test
  void aResultThatIsLostIsCaught() {
    List<WorkerReport> reports = new ArrayList<>(round(1, ids -> ids).reports());
    reports.remove(2);
    assertRefused(summary(1, reports), "the result of worker 2 is lost");
  }

  @Test
  void aWorkerThatThePlanDoesNotHaveIsCaught() {
    List<WorkerReport> reports = new ArrayList<>(round(1, ids -> ids).reports());
    reports.add(as(WORKERS, reports.get(0)));
    assertRefused(summary(1, reports), "worker 3 reported, but the plan has 3 workers");
  }

  @Test
  void anEpochWithoutOneOfItsRoundsIsCaught() {
    List<RoundSummary> rounds = epoch();
    int lost = (int) rounds.remove(0).examples();
    assertThatThrownBy(() -> Accounting.epoch("classify", 1, EXAMPLES, rounds))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(
            "Stage 'classify', epoch 1: used %d of %d planned examples: %d lost"
                .formatted(EXAMPLES.size() - lost, EXAMPLES.size(), lost));
  }

  @Test
  void anAverageWithoutAWorkersPartOrWithItTwiceIsCaught() {
    List<WorkerReport> reports = round(1, ids -> ids).reports();
    byte[] whole = average(parts(0, 1, 2));
    byte[] without = average(parts(0, 2));

    assertThatCode(() -> Accounting.averaged("r", 2, over(whole, whole), reports))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Accounting.averaged("r", 2, over(whole, without), reports))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(
            "Round 'r': slice 2 of 2 was averaged over 16 examples, but the workers used 24");
    assertThatThrownBy(() -> Accounting.averaged("r", 2, over(whole), reports))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Round 'r': 1 of 2 slices of the averaged state are there");
    assertThatThrownBy(() -> average(parts(0, 1, 1)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("worker 1 delivered its result twice");
  }

  private static List<Long> over(byte[]... averages) {
    return Arrays.stream(averages)
        .map(average -> StateSlice.examples(ByteBuffer.wrap(average)))
        .toList();
  }

  private static void assertRefused(RoundSummary round, String message) {
    assertThatThrownBy(() -> Accounting.round("classify", PLAN, round))
        .isInstanceOf(RunException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("cause:")
        .hasMessageContaining("kept:")
        .hasMessageContaining("fix:");
  }

  /** The parts are whole states, so that the round's start is not asked for. */
  private static byte[] average(List<byte[]> parts) {
    return SliceBytes.average(
        parts,
        () -> {
          throw new IllegalStateException("no differences are to be added to a start");
        });
  }

  /** The slices of some workers, each over 8 examples. */
  private static List<byte[]> parts(int... workers) {
    List<byte[]> parts = new ArrayList<>();
    for (int worker : workers) {
      float[] values = {worker, 1, 2, 3};
      TrainingState state =
          new TrainingState(values, new float[] {0}, new float[] {1}, new float[] {0}, 1, 0);
      parts.add(SliceBytes.cut(state, 0, 1, new StateSlice.Origin(worker, 8, 8)));
    }
    return parts;
  }

  private static WorkerReport as(int worker, WorkerReport other) {
    return new WorkerReport(
        worker,
        other.examples(),
        other.steps(),
        other.lossSum(),
        other.headLossSums(),
        other.idHash(),
        other.rowGroupsRead(),
        other.readNanos(),
        other.computeNanos());
  }

  private static List<RoundSummary> epoch() {
    List<RoundSummary> rounds = new ArrayList<>();
    for (int round = 1; round <= PLAN.rounds(); round++) {
      rounds.add(round(round, ids -> ids));
    }
    return rounds;
  }

  /** What the workers report when worker 0 does something else to its ids. */
  private static RoundSummary round(int round, UnaryOperator<List<String>> fault) {
    List<WorkerReport> reports = new ArrayList<>();
    for (int worker = 0; worker < WORKERS; worker++) {
      List<String> ids =
          PLAN.batches(round - 1, worker).stream()
              .flatMap(List::stream)
              .map(ExampleRef::exampleId)
              .toList();
      if (worker == 0) {
        ids = fault.apply(ids);
      }
      reports.add(report(worker, ids));
    }
    return summary(round, reports);
  }

  private static RoundSummary summary(int round, List<WorkerReport> reports) {
    List<TaskReport> tasks =
        reports.stream().map(report -> new TaskReport(report, 1, 1, MEMORY)).toList();
    return new RoundSummary(
        1, round, PLAN.rounds(), tasks, RoundTimes.NONE, new RoundBytes(1, 0, 0, 0, 0, 0));
  }

  private static List<ExampleRef> examples() {
    List<ExampleRef> examples = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      examples.add(new ExampleRef("example-" + i, "data/part-0.parquet", i / 4, i % 4, i % 3));
    }
    return examples;
  }
}
