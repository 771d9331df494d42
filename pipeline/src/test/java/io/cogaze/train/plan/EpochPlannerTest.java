package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EpochPlannerTest {
  private static final List<SamplerKind> SAMPLERS =
      List.of(SamplerKind.SHUFFLED, SamplerKind.STRATIFIED, SamplerKind.OVERSAMPLED);

  private static LongStream seeds() {
    return LongStream.range(0, 20);
  }

  /** 20 seeds times 50 draws: 1,000 combinations. */
  @ParameterizedTest
  @MethodSource("seeds")
  void everyExampleIsUsedExactlyOnceAnEpochWhateverTheCounts(long seed) {
    Random random = new Random(seed);
    for (int draw = 0; draw < 50; draw++) {
      int count = 1 + random.nextInt(300);
      int workers = 1 + random.nextInt(9);
      int batch = 1 + random.nextInt(40);
      int frequency = 1 + random.nextInt(6);
      int window = 1 + random.nextInt(200);
      int shards = 1 + random.nextInt(6);
      int rowGroup = 1 + random.nextInt(40);
      SamplerKind sampler = SAMPLERS.get(random.nextInt(SAMPLERS.size()));
      List<ExampleRef> examples = examples(count, shards, rowGroup, 1 + random.nextInt(4), random);

      EpochPlan plan =
          new EpochPlanner(sampler, workers, batch, frequency, window)
              .plan(examples, seed, "stage", 1 + draw);

      String what =
          "%d examples, %d workers, batch %d, frequency %d, window %d, %d shards, %s"
              .formatted(count, workers, batch, frequency, window, shards, sampler);
      List<String> used = new ArrayList<>();
      int[] ofWorker = new int[workers];
      for (int round = 0; round < plan.rounds(); round++) {
        int inRound = 0;
        for (int worker = 0; worker < workers; worker++) {
          List<List<ExampleRef>> batches = plan.batches(round, worker);
          assertThat(batches).as(what).hasSizeLessThanOrEqualTo(frequency);
          for (List<ExampleRef> one : batches) {
            assertThat(one).as(what).isNotEmpty().hasSizeLessThanOrEqualTo(batch);
            one.forEach(example -> used.add(example.exampleId()));
            ofWorker[worker] += one.size();
            inRound += one.size();
          }
        }
        assertThat(inRound).as(what).isPositive();
      }
      assertThat(plan.examples()).as(what).isEqualTo(used.size());
      assertThat(used).as(what).hasSize(count + plan.repeats());
      assertThat(new HashSet<>(used)).as(what).hasSize(count);
      if (sampler != SamplerKind.OVERSAMPLED) {
        assertThat(plan.repeats()).as(what).isZero();
      }
      int least = IntStream.of(ofWorker).min().orElseThrow();
      int most = IntStream.of(ofWorker).max().orElseThrow();
      assertThat(most - least).as(what).isLessThanOrEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(SamplerKind.class)
  void aPlanIsFixedBySeedStageAndEpoch(SamplerKind sampler) {
    List<ExampleRef> examples = examples(100, 4, 8, 3, new Random(1));
    EpochPlanner planner = new EpochPlanner(sampler, 2, 8, 2, 32);

    List<String> first = PlanToken.encode(1, planner.plan(examples, 7, "contrast", 1));

    assertThat(PlanToken.encode(1, planner.plan(examples, 7, "contrast", 1))).isEqualTo(first);
    assertThat(PlanToken.encode(1, planner.plan(examples, 8, "contrast", 1))).isNotEqualTo(first);
    assertThat(PlanToken.encode(1, planner.plan(examples, 7, "classify", 1))).isNotEqualTo(first);
    assertThat(PlanToken.encode(1, planner.plan(examples, 7, "contrast", 2))).isNotEqualTo(first);
  }

  @Test
  void rowGroupsAreReadByOneWorkerExceptAtTheCuts() {
    List<ExampleRef> examples = examples(1024, 4, 32, 3, new Random(2));
    EpochPlan plan = new EpochPlanner(SamplerKind.SHUFFLED, 3, 16, 4, 64).plan(examples, 5, "s", 1);

    int reads = 0;
    for (int worker = 0; worker < 3; worker++) {
      Set<String> groups = new HashSet<>();
      for (int round = 0; round < plan.rounds(); round++) {
        plan.batches(round, worker)
            .forEach(batch -> batch.forEach(e -> groups.add(e.file() + "#" + e.rowGroup())));
      }
      reads += groups.size();
    }
    assertThat(reads / 32.0).as("row groups read per row group stored").isLessThanOrEqualTo(1.2);
  }

  @ParameterizedTest
  @EnumSource(SamplerKind.class)
  void theLargestWindowShufflesAllThatAWorkerHas(SamplerKind sampler) {
    List<ExampleRef> examples = examples(100, 2, 8, 3, new Random(5));
    EpochPlan all = new EpochPlanner(sampler, 2, 8, 2, 1000).plan(examples, 5, "s", 1);

    EpochPlan plan =
        new EpochPlanner(sampler, 2, 8, 2, Integer.MAX_VALUE).plan(examples, 5, "s", 1);

    assertThat(PlanToken.encode(1, plan)).isEqualTo(PlanToken.encode(1, all));
  }

  @ParameterizedTest
  @EnumSource(SamplerKind.class)
  void theLargestBatchIsOneOfAllThatAWorkerHas(SamplerKind sampler) {
    List<ExampleRef> examples = examples(100, 2, 8, 3, new Random(6));

    EpochPlan plan =
        new EpochPlanner(sampler, 2, Integer.MAX_VALUE, 2, 64).plan(examples, 5, "s", 1);

    assertThat(plan.rounds()).isEqualTo(1);
    for (int worker = 0; worker < 2; worker++) {
      assertThat(plan.batches(0, worker)).hasSize(1);
    }
    assertThat(plan.examples() - plan.repeats()).isEqualTo(100);
  }

  @Test
  void theLargestFrequencyIsOneRoundOfEverything() {
    List<ExampleRef> examples = examples(102, 2, 32, 3, new Random(4));
    EpochPlan plan =
        new EpochPlanner(SamplerKind.SHUFFLED, 2, 16, Integer.MAX_VALUE, 64)
            .plan(examples, 5, "s", 0);

    assertThat(plan.rounds()).isEqualTo(1);
    assertThat(plan.batches(0, 0).size() + plan.batches(0, 1).size()).isEqualTo(8);
  }

  @Test
  void fourShardsFeedEightWorkers() {
    List<ExampleRef> examples = examples(80, 4, 32, 3, new Random(3));
    EpochPlan plan = new EpochPlanner(SamplerKind.SHUFFLED, 8, 4, 3, 16).plan(examples, 5, "s", 1);

    for (int worker = 0; worker < 8; worker++) {
      assertThat(plan.batches(0, worker)).as("worker " + worker).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void stratifiedBatchesHaveTwoOrMoreOfEveryClassWhereTheCountsAllow(long seed) {
    Random random = new Random(seed);
    int batch = 8 + random.nextInt(25);
    int batches = 1 + random.nextInt(8);
    List<ExampleRef> examples = new ArrayList<>();
    int[] counts = new int[3];
    for (int c = 0; c < 3; c++) {
      counts[c] = 2 * batches + random.nextInt(batches * (batch / 3 - 1));
      for (int i = 0; i < counts[c]; i++) {
        examples.add(new ExampleRef("e" + examples.size(), "f", 0, examples.size(), c));
      }
    }
    EpochPlan plan =
        new EpochPlanner(SamplerKind.STRATIFIED, 1, batch, 100, 10_000)
            .plan(examples, seed, "contrast", 1);

    List<List<ExampleRef>> made = plan.batches(0, 0);
    for (List<ExampleRef> one : made) {
      Map<Integer, Integer> ofClass = new HashMap<>();
      one.forEach(example -> ofClass.merge(example.targetClass(), 1, Integer::sum));
      for (int c = 0; c < 3; c++) {
        int even = counts[c] / made.size();
        assertThat(ofClass.getOrDefault(c, 0)).isBetween(even, even + 1);
      }
      assertThat(ofClass.values()).allMatch(n -> n >= 2);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyBatchHasTwoClassesWithTwoExamplesWhereThePairsSuffice(long seed) {
    Random random = new Random(seed);
    int suffice = 0;
    for (int draw = 0; draw < 200; draw++) {
      int batch = 4 + random.nextInt(29);
      int[] counts = new int[2 + random.nextInt(4)];
      for (int c = 0; c < counts.length; c++) {
        counts[c] = 1 + random.nextInt(1 + random.nextInt(80));
      }
      Arrays.sort(counts);
      int all = IntStream.of(counts).sum();
      int batches = (all + batch - 1) / batch;
      int pairs = IntStream.of(counts).limit(counts.length - 1L).map(n -> n / 2).sum();
      if (pairs < batches || counts[counts.length - 1] < 2 * batches || all < 4 * batches) {
        continue;
      }
      suffice++;
      List<ExampleRef> examples = new ArrayList<>();
      for (int c = 0; c < counts.length; c++) {
        for (int i = 0; i < counts[c]; i++) {
          examples.add(new ExampleRef("e" + examples.size(), "f", 0, examples.size(), c));
        }
      }
      EpochPlan plan =
          new EpochPlanner(SamplerKind.STRATIFIED, 1, batch, 1000, 10_000)
              .plan(examples, seed, "contrast", 1);

      for (List<ExampleRef> one : plan.batches(0, 0)) {
        Map<Integer, Integer> ofClass = new HashMap<>();
        one.forEach(example -> ofClass.merge(example.targetClass(), 1, Integer::sum));
        assertThat(ofClass.values().stream().filter(n -> n >= 2).count())
            .as("classes %s in batches of %d: %s", Arrays.toString(counts), batch, ofClass)
            .isGreaterThanOrEqualTo(2);
      }
    }
    assertThat(suffice).as("draws whose counts allow it").isGreaterThan(20);
  }

  /** As identifiers that begin with the finding make them. */
  @ParameterizedTest
  @MethodSource("seeds")
  void dataSortedByClassStillGiveEveryWorkerBatchesOfTwoClasses(long seed) {
    List<ExampleRef> examples = new ArrayList<>();
    for (int i = 0; i < 960; i++) {
      examples.add(new ExampleRef("e" + i, "f" + i / 240, i % 240 / 16, i % 16, i / 320));
    }
    EpochPlan plan =
        new EpochPlanner(SamplerKind.STRATIFIED, 4, 8, 1000, 64).plan(examples, seed, "c", 1);

    assertThat(plan.uses()).containsExactlyInAnyOrderElementsOf(examples);
    for (int worker = 0; worker < 4; worker++) {
      for (List<ExampleRef> batch : plan.batches(0, worker)) {
        Map<Integer, Integer> ofClass = new HashMap<>();
        batch.forEach(example -> ofClass.merge(example.targetClass(), 1, Integer::sum));
        assertThat(ofClass.values().stream().filter(count -> count >= 2).count())
            .as("worker %d: %s", worker, ofClass)
            .isGreaterThanOrEqualTo(2);
      }
    }
  }

  @Test
  void aRestOfLessThanABatchIsStratifiedWithTheWindowBefore() {
    List<ExampleRef> examples = examples(33, 1, 8, 2, new Random(6));
    EpochPlan plan =
        new EpochPlanner(SamplerKind.STRATIFIED, 1, 8, 100, 16).plan(examples, 5, "s", 1);

    assertThat(plan.batches(0, 0)).extracting(List::size).containsExactlyInAnyOrder(8, 8, 6, 6, 5);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void oversamplingRepeatsRarerClassesUntilAllAreEquallyFrequent(long seed) {
    Random random = new Random(seed);
    List<ExampleRef> examples = examples(50 + random.nextInt(200), 3, 16, 4, random);
    int[] counts = new int[4];
    examples.forEach(example -> counts[example.targetClass()]++);
    int most = IntStream.of(counts).max().orElseThrow();
    examples.add(new ExampleRef("unknown", "data/part-0.parquet", 0, 999, -1));

    EpochPlan plan =
        new EpochPlanner(SamplerKind.OVERSAMPLED, 3, 8, 1000, 64).plan(examples, seed, "s", 2);

    Map<String, Integer> uses = new HashMap<>();
    int[] used = new int[4];
    for (int worker = 0; worker < 3; worker++) {
      for (List<ExampleRef> batch : plan.batches(0, worker)) {
        for (ExampleRef example : batch) {
          uses.merge(example.exampleId(), 1, Integer::sum);
          if (example.targetClass() >= 0) {
            used[example.targetClass()]++;
          }
        }
      }
    }
    assertThat(used).containsOnly(most);
    assertThat(uses).hasSize(examples.size()).containsEntry("unknown", 1);
    assertThat(plan.repeats()).isEqualTo(4 * most + 1 - examples.size());
    for (ExampleRef example : examples) {
      if (example.targetClass() >= 0) {
        int even = most / counts[example.targetClass()];
        assertThat(uses.get(example.exampleId())).isBetween(even, even + 1);
      }
    }
  }

  @Test
  void aRareClassIsDealtInPairs() {
    List<ExampleRef> examples = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      examples.add(new ExampleRef("e" + i, "f", 0, i, i < 5 ? 1 : 0));
    }
    EpochPlan plan =
        new EpochPlanner(SamplerKind.STRATIFIED, 1, 4, 100, 1000).plan(examples, 1, "s", 1);

    List<Long> rare =
        plan.batches(0, 0).stream()
            .map(batch -> batch.stream().filter(e -> e.targetClass() == 1).count())
            .filter(n -> n > 0)
            .toList();
    assertThat(rare).as("a batch of four has room for two of each class").contains(2L, 2L);
  }

  @Test
  void aPlanTokenCarriesTheRowsOfTheBatches() {
    List<ExampleRef> examples = examples(50, 3, 8, 3, new Random(4));
    EpochPlan plan = new EpochPlanner(SamplerKind.SHUFFLED, 2, 8, 2, 16).plan(examples, 1, "s", 3);

    for (String text : PlanToken.encode(3, plan)) {
      PlanToken token = PlanToken.decode(text);
      List<List<PlanToken.Row>> expected =
          plan.batches(token.round(), token.worker()).stream()
              .map(b -> b.stream().map(e -> new PlanToken.Row(e.file(), e.rowGroup(), e.row())))
              .map(rows -> rows.toList())
              .toList();
      assertThat(token.epoch()).isEqualTo(3);
      assertThat(token.batches()).isEqualTo(expected);
    }
  }

  @Test
  void aTextThatIsNoPlanTokenIsRefused() {
    assertThatThrownBy(() -> PlanToken.decode("hdfs://namenode/batches/0.bin"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("plan token")
        .hasMessageContaining("hdfs://namenode/batches/0.bin");
  }

  @Test
  void aBatchSizeOfZeroIsRefused() {
    assertThatThrownBy(() -> new EpochPlanner(SamplerKind.SHUFFLED, 1, 0, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batch-size must be 1 or more but is 0");
  }

  private static List<ExampleRef> examples(
      int count, int shards, int rowGroup, int classes, Random random) {
    List<ExampleRef> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int shard = (int) ((long) i * shards / count);
      int first = (int) (((long) shard * count + shards - 1) / shards);
      int inShard = i - first;
      examples.add(
          new ExampleRef(
              "example-" + i,
              "data/part-" + shard + ".parquet",
              inShard / rowGroup,
              inShard % rowGroup,
              random.nextInt(classes)));
    }
    return examples;
  }
}
