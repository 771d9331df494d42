package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.plan.EpochPlan;
import io.cogaze.train.plan.EpochPlanner;
import io.cogaze.train.plan.ExampleRef;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.StageSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StageSizeTest {
  private static final Map<Split, SplitCounts> COUNTS =
      Map.of(
          Split.TRAIN,
          new SplitCounts(100, 90, 60, Map.of("normal", 50L, "chf", 20L, "pneumonia", 0L)),
          Split.VALID,
          new SplitCounts(30, 30, 7, Map.of("normal", 10L, "chf", 5L, "pneumonia", 0L)));

  @Test
  void examplesWithoutATargetForTheStageDoNotCount() {
    assertThat(size(SamplerKind.SHUFFLED, "densenet-class")).isEqualTo(new StageSize(70, 0, 15));
    assertThat(size(SamplerKind.STRATIFIED, "embedding")).isEqualTo(new StageSize(70, 0, 15));
    assertThat(size(SamplerKind.SHUFFLED, "saliency")).isEqualTo(new StageSize(60, 0, 7));
    assertThat(size(SamplerKind.SHUFFLED, "saliency", "fused-class"))
        .as("at most all")
        .isEqualTo(new StageSize(100, 0, 22));
  }

  @Test
  void repeatsOfOversamplingCountInTrainingOnly() {
    assertThat(size(SamplerKind.OVERSAMPLED, "fused-class")).isEqualTo(new StageSize(70, 30, 15));
    assertThat(size(SamplerKind.OVERSAMPLED, "saliency")).isEqualTo(new StageSize(60, 0, 7));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void anOversampledEpochHasAsManyExamplesAsItsPlan(long seed) {
    Random random = new Random(seed);
    List<ExampleRef> examples = new ArrayList<>();
    Map<String, Long> perClass = new TreeMap<>();
    int count = 1 + random.nextInt(300);
    for (int i = 0; i < count; i++) {
      int target = (int) (3 * Math.pow(random.nextDouble(), 2));
      examples.add(new ExampleRef("e" + i, "file", i / 16, i % 16, target));
      perClass.merge("class " + target, 1L, Long::sum);
    }
    SplitCounts counts = new SplitCounts(examples.size(), 1, 0, perClass);

    StageSize size =
        StageSize.of(
            settings(SamplerKind.OVERSAMPLED, "densenet-class"),
            Map.of(Split.TRAIN, counts, Split.VALID, counts));
    EpochPlan plan =
        new EpochPlanner(SamplerKind.OVERSAMPLED, 2, 4, 1, 16).plan(examples, seed, "stage", 1);

    assertThat(size.train() + size.repeats()).isEqualTo(plan.examples());
    assertThat(size.repeats()).isEqualTo(plan.repeats());
  }

  private static StageSize size(SamplerKind sampler, String... heads) {
    return StageSize.of(settings(sampler, heads), COUNTS);
  }

  private static StageSettings settings(SamplerKind sampler, String... heads) {
    StageSettings any = TestRecipes.first(1, 1).plan("contrast").settings();
    Map<String, Double> weights = new TreeMap<>();
    for (String head : heads) {
      weights.put(head, 1.0);
    }
    return new StageSettings(
        weights,
        any.trainable(),
        any.frozen(),
        any.initWeights(),
        sampler,
        any.batchSize(),
        any.averagingFrequency(),
        any.epochs(),
        any.updater(),
        any.plateau(),
        any.selection(),
        any.earlyStoppingPatience(),
        any.inputReduction());
  }
}
