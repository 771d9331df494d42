package io.cogaze.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PatientBootstrapTest {
  private static final List<String> PATIENTS = List.of("b", "a", "c", "a", "b", "d");

  @Test
  void drawsPatientsWithAllTheirExamplesAsManyTimesAsThereArePatients() {
    PatientBootstrap bootstrap = new PatientBootstrap(PATIENTS, 50, 7, 0.95);
    assertThat(bootstrap.patients()).isEqualTo(4);
    for (int b = 0; b < 50; b++) {
      int[] weights = bootstrap.weights(b);
      assertThat(weights[0]).isEqualTo(weights[4]);
      assertThat(weights[1]).isEqualTo(weights[3]);
      assertThat(weights[0] + weights[1] + weights[2] + weights[5]).isEqualTo(4);
    }
  }

  @Test
  void resamplesDependOnTheSeedAndNotOnTheOrderOfExamples() {
    int[] weights = new PatientBootstrap(PATIENTS, 1, 7, 0.95).weights(3);
    int[] reordered =
        new PatientBootstrap(List.of("d", "c", "b", "b", "a", "a"), 1, 7, 0.95).weights(3);
    assertThat(reordered)
        .containsExactly(weights[5], weights[2], weights[0], weights[0], weights[1], weights[1]);
    List<String> many = IntStream.range(0, 100).mapToObj(i -> "p" + i).toList();
    assertThat(new PatientBootstrap(many, 1, 7, 0.95).weights(0))
        .isNotEqualTo(new PatientBootstrap(many, 1, 8, 0.95).weights(0));
    assertThat(new PatientBootstrap(many, 1, 7, 0.95).weights(0))
        .isNotEqualTo(new PatientBootstrap(many, 1, 7, 0.95).weights(1));
  }

  @Test
  void drawsEveryPatientEquallyOften() {
    List<String> patients = IntStream.range(0, 10).mapToObj(i -> "p" + i).toList();
    PatientBootstrap bootstrap = new PatientBootstrap(patients, 1, 1, 0.95);
    long[] drawn = new long[10];
    for (int b = 0; b < 10_000; b++) {
      int[] weights = bootstrap.weights(b);
      for (int i = 0; i < 10; i++) {
        drawn[i] += weights[i];
      }
    }
    // 100,000 draws: the deviation of each count is about 95.
    assertThat(Arrays.stream(drawn).boxed())
        .allSatisfy(n -> assertThat(n).isBetween(9_500L, 10_500L));
  }

  @Test
  void intervalOfAMeanIsTheTextbookOne() {
    Random random = new Random(5);
    double[] values = random.doubles(400).toArray();
    List<String> patients = IntStream.range(0, 400).mapToObj(i -> "p" + i).toList();
    Estimate estimate =
        new PatientBootstrap(patients, 4000, 11, 0.95).estimate(ResampledMetric.mean(values));
    Distribution distribution = Distribution.of(values);
    double half = 1.96 * distribution.populationStd() / Math.sqrt(400);
    assertThat(estimate.value().orElseThrow()).isCloseTo(distribution.mean(), within(1e-12));
    assertThat(estimate.low().orElseThrow()).isCloseTo(distribution.mean() - half, within(0.002));
    assertThat(estimate.high().orElseThrow()).isCloseTo(distribution.mean() + half, within(0.002));
    assertThat(estimate.resamplesUsed()).isEqualTo(4000);
  }

  @Test
  void imagesOfOnePatientWidenTheInterval() {
    Random random = new Random(6);
    double[] values = new double[400];
    List<String> oneEach = new ArrayList<>();
    List<String> fourEach = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      values[i] = i % 4 == 0 ? random.nextDouble() : values[i - 1];
      oneEach.add("p" + i);
      fourEach.add("p" + i / 4);
    }
    ResampledMetric mean = ResampledMetric.mean(values);
    double narrow = width(new PatientBootstrap(oneEach, 2000, 1, 0.95).estimate(mean));
    double wide = width(new PatientBootstrap(fourEach, 2000, 1, 0.95).estimate(mean));
    assertThat(wide / narrow).isCloseTo(2, within(0.25));
  }

  @Test
  void pairedDifferenceOfAMetricWithItselfIsExactlyZero() {
    ResampledMetric mean = ResampledMetric.mean(new double[] {1, 2, 3, 4, 5, 6});
    Estimate estimate = new PatientBootstrap(PATIENTS, 200, 7, 0.95).estimate(mean.minus(mean));
    assertThat(estimate)
        .isEqualTo(
            new Estimate(OptionalDouble.of(0), OptionalDouble.of(0), OptionalDouble.of(0), 200, 0));
  }

  @Test
  void pairedDifferenceOfAConstantShiftHasNoWidth() {
    ResampledMetric low = ResampledMetric.mean(new double[] {1, 2, 3, 4, 5, 6});
    ResampledMetric high = ResampledMetric.mean(new double[] {3, 4, 5, 6, 7, 8});
    Estimate estimate = new PatientBootstrap(PATIENTS, 200, 7, 0.95).estimate(high.minus(low));
    assertThat(estimate.low().orElseThrow()).isCloseTo(2, within(1e-12));
    assertThat(estimate.high().orElseThrow()).isCloseTo(2, within(1e-12));
  }

  @Test
  void ignoresAndCountsResamplesInWhichAClassIsMissing() {
    // One patient of class 1 among four: missing with probability (3/4)^4 = 0.316.
    Classification sample =
        Classification.of(
            new float[][] {{.9f, .1f}, {.4f, .6f}, {.3f, .7f}, {.8f, .2f}},
            new int[] {0, 0, 1, 0},
            2);
    Estimate estimate =
        new PatientBootstrap(List.of("a", "b", "c", "d"), 1000, 3, 0.95)
            .estimate(sample.resampledMacroAuroc());
    // All four of class 1 is missing class 0: (1/4)^4.
    assertThat(estimate.resamplesIgnored()).isBetween(270, 370);
    assertThat(estimate.resamplesUsed() + estimate.resamplesIgnored()).isEqualTo(1000);
    assertThat(estimate.value()).hasValue(1);
    assertThat(estimate.low()).hasValue(1);
  }

  @Test
  void metricThatIsNeverDefinedHasNoInterval() {
    Estimate estimate =
        new PatientBootstrap(PATIENTS, 10, 7, 0.95).estimate(weights -> OptionalDouble.empty());
    assertThat(estimate.value()).isEmpty();
    assertThat(estimate.low()).isEmpty();
    assertThat(estimate.resamplesIgnored()).isEqualTo(10);
  }

  @Test
  void rejectsNonsense() {
    assertThatThrownBy(() -> new PatientBootstrap(PATIENTS, 0, 7, 0.95))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Expected at least 1 resample, found 0");
    assertThatThrownBy(() -> new PatientBootstrap(PATIENTS, 1, 7, Double.NaN))
        .hasMessage("Expected a level between 0 and 1, found NaN");
    assertThatThrownBy(() -> ResampledMetric.mean(new double[] {0, Double.NaN}))
        .hasMessage("Expected finite values in values, found NaN at index 1");
  }

  @Test
  void quantilesInterpolateBetweenOrderStatistics() {
    double[] values = {10, 0, 20, 30};
    assertThat(Arrays.asList(0.0, 0.5, 0.25, 1.0))
        .extracting(q -> Distribution.quantile(values, q))
        .containsExactly(0.0, 15.0, 7.5, 30.0);
  }

  private static double width(Estimate estimate) {
    return estimate.high().orElseThrow() - estimate.low().orElseThrow();
  }
}
