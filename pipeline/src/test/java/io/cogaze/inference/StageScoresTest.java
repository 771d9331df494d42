package io.cogaze.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StageScoresTest {
  private static final EvaluateSettings SETTINGS =
      new EvaluateSettings(1, 1, 1, 300, 5, true, true, false);
  private static final StageScores SCORES =
      new StageScores("run", "test", List.of("a", "b"), SETTINGS);

  @Test
  void orderOfTheExamplesDoesNotChangeABit() {
    List<Scored> scored = sample(1, 40, 0.3);
    List<Scored> shuffled = new ArrayList<>(scored);
    Collections.shuffle(shuffled, new Random(2));
    assertThat(SCORES.stage("fuse", shuffled)).isEqualTo(SCORES.stage("fuse", scored));
  }

  @Test
  void examplesOfUnknownClassOrWithoutGazeAreLeftOutAndCountedSo() {
    List<Scored> scored = new ArrayList<>(sample(1, 10, 0.3));
    scored.add(new Scored("x", "px", -1, new float[] {.5f, .5f}, null, null));
    List<MetricRow> rows = SCORES.stage("fuse", scored);
    assertThat(row(rows, MetricNames.AUROC_MACRO).n()).isEqualTo(10);
    assertThat(row(rows, MetricNames.CC_MEAN).n()).isEqualTo(10);
    // Half of the examples have no fixations.
    assertThat(row(rows, MetricNames.NSS_MEAN).n()).isEqualTo(5);
  }

  @Test
  void metricsOfAMissingClassAreUndefinedRowsAndNotLeftOut() {
    List<Scored> onlyA =
        sample(1, 20, 0.3).stream().filter(scored -> scored.target() == 0).toList();
    List<MetricRow> rows = SCORES.stage("fuse", onlyA);
    assertThat(row(rows, MetricNames.AUROC_MACRO).value()).isEmpty();
    assertThat(row(rows, MetricNames.AUROC_MACRO).ciLow()).isEmpty();
    assertThat(row(rows, MetricNames.ACCURACY).value()).isPresent();
  }

  @Test
  void intervalsHoldTheirValue() {
    for (MetricRow row : SCORES.stage("fuse", sample(3, 60, 0.3))) {
      if (row.ciLow().isPresent()) {
        assertThat(row.value().orElseThrow())
            .as(row.metric())
            .isBetween(row.ciLow().orElseThrow(), row.ciHigh().orElseThrow());
      }
    }
  }

  @Test
  void differenceOfAStageWithItselfIsExactlyZero() {
    List<Scored> scored = sample(4, 30, 0.3);
    MetricRow row = SCORES.difference("fuse", scored, "classify", scored);
    assertThat(row.stage()).isEqualTo("fuse-minus-classify");
    assertThat(row.value()).hasValue(0);
    assertThat(row.ciLow()).hasValue(0);
    assertThat(row.ciHigh()).hasValue(0);
  }

  @Test
  void differenceIsPairedByExampleAndNarrowerThanThatOfSeparateIntervals() {
    List<Scored> better = sample(5, 80, 0.2);
    List<Scored> base = sample(5, 80, 0.22);
    MetricRow difference = SCORES.difference("fuse", better, "classify", base);
    MetricRow alone = row(SCORES.stage("fuse", better), MetricNames.AUROC_MACRO);
    assertThat(width(difference)).isLessThan(width(alone));
    assertThatThrownBy(() -> SCORES.difference("fuse", better, "classify", sample(5, 79, 0.2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Stages fuse and classify predicted different examples");
  }

  @Test
  void floorIsChanceTheLargestTrainingClassAndTheMeanGazeMap() {
    List<Scored> scored = sample(6, 40, 0.3);
    List<MetricRow> rows = SCORES.floor(scored, scored, 1);
    assertThat(row(rows, MetricNames.AUROC_MACRO).value()).hasValue(0.5);
    assertThat(row(rows, MetricNames.AUROC_MICRO).value()).hasValue(0.5);
    assertThat(row(rows, MetricNames.ACCURACY).value()).hasValue(0.5);
    assertThat(row(rows, MetricNames.CC_MEAN).value().orElseThrow()).isCloseTo(0.1, within(1e-12));
    assertThat(rows).allMatch(row -> row.stage().equals(MetricRow.FLOOR));
    assertThat(SCORES.floor(List.of(), List.of(), 1)).isEmpty();
  }

  private static double width(MetricRow row) {
    return row.ciHigh().orElseThrow() - row.ciLow().orElseThrow();
  }

  private static MetricRow row(List<MetricRow> rows, String metric) {
    return rows.stream().filter(r -> r.metric().equals(metric)).findFirst().orElseThrow();
  }

  /** Classes alternate; two examples a patient; more noise, more mistakes. */
  private static List<Scored> sample(long seed, int n, double noise) {
    Random random = new Random(seed);
    List<Scored> scored = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      float p = (float) ((i % 2 == 1 ? 0.6 : 0.4) + noise * random.nextGaussian());
      double cc = random.nextDouble();
      scored.add(
          new Scored(
              String.format("e%03d", i),
              "p" + i / 2,
              i % 2,
              new float[] {1 - clamp(p), clamp(p)},
              new MapScores(1 - cc, cc, cc, cc, i % 2 == 0 ? Double.NaN : cc),
              new MapScores(2, 0.1, 0.1, 0.1, Double.NaN)));
    }
    return scored;
  }

  private static float clamp(float p) {
    return Math.max(0, Math.min(1, p));
  }
}
