package io.cogaze.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SaliencyMetricsTest {
  /** The golden values are printed with six decimals. */
  private static final Offset<Double> PRINTED = within(5e-7);

  static LongStream seeds() {
    return LongStream.range(0, 10);
  }

  @Test
  void uniformPredictionScoresTheLogarithmOfThePixelsMinusTheEntropy() {
    assertThat(SaliencyMetrics.kl(uniform(640 * 512), oneHot(640 * 512, 77)))
        .isCloseTo(12.699793, PRINTED);
    assertThat(SaliencyMetrics.kl(uniform(320 * 256), oneHot(320 * 256, 0)))
        .isCloseTo(11.313498, PRINTED);
    float[] g = {.5f, .25f, .25f, 0};
    assertThat(SaliencyMetrics.entropy(g)).isCloseTo(1.039721, PRINTED);
    assertThat(SaliencyMetrics.kl(uniform(4), g)).isCloseTo(0.346574, PRINTED);
    assertThat(SaliencyMetrics.hs(uniform(4), g)).isCloseTo(0.75, PRINTED);
  }

  @Test
  void uniformPredictionOfAOneHotMapAtFullSize() {
    float[] g = oneHot(640 * 512, 100_000);
    assertThat(SaliencyMetrics.hs(uniform(640 * 512), g)).isCloseTo(1.0 / 327_680, within(1e-15));
    assertThat(SaliencyMetrics.cc(uniform(640 * 512), g)).isZero();
  }

  @Test
  void uniformPredictionOfAMapOnAQuarterOfThePixels() {
    float[] g = new float[327_680];
    Arrays.fill(g, 0, 81_920, 1f);
    assertThat(SaliencyMetrics.kl(uniform(327_680), g)).isCloseTo(1.386294, PRINTED);
    assertThat(SaliencyMetrics.hs(uniform(327_680), g)).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void oppositeRampsTellSimFromHs() {
    float[] p = {.4f, .3f, .2f, .1f};
    float[] g = {.1f, .2f, .3f, .4f};
    assertThat(SaliencyMetrics.kl(p, g)).isCloseTo(0.456435, PRINTED);
    assertThat(SaliencyMetrics.hs(p, g)).isCloseTo(0.6, PRINTED);
    assertThat(SaliencyMetrics.cc(p, g)).isCloseTo(-1, within(1e-12));
    assertThat(SaliencyMetrics.sim(p, g)).isCloseTo(0.333333, PRINTED);
  }

  @Test
  void disjointOneHotMaps() {
    float[] p = oneHot(4, 0);
    float[] g = oneHot(4, 3);
    assertThat(SaliencyMetrics.cc(p, g)).isCloseTo(-1.0 / 3, within(1e-12));
    assertThat(SaliencyMetrics.hs(p, g)).isZero();
    assertThat(SaliencyMetrics.sim(p, g)).isZero();
  }

  @Test
  void predictionThatUnderflowedToZeroCountsAsTheSmallestFloat() {
    assertThat(SaliencyMetrics.kl(oneHot(4, 0), oneHot(4, 3)))
        .isCloseTo(-Math.log(Float.MIN_VALUE), within(1e-12));
    assertThat(SaliencyMetrics.kl(oneHot(4, 0), oneHot(4, 3))).isCloseTo(103.278930, PRINTED);
    // Where g is 0, a p of 0 costs nothing.
    assertThat(SaliencyMetrics.kl(new float[] {.5f, .5f, 0}, new float[] {.5f, .5f, 0})).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void mapAgainstItselfIsPerfect(long seed) {
    float[] g = random(seed, 300);
    assertThat(SaliencyMetrics.kl(g, g)).isZero();
    assertThat(SaliencyMetrics.cc(g, g)).isCloseTo(1, within(1e-12));
    assertThat(SaliencyMetrics.hs(g, g)).isCloseTo(1, within(1e-12));
    assertThat(SaliencyMetrics.sim(g, g)).isCloseTo(1, within(1e-12));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void metricsStayInTheirRangesAndIgnoreScaleAndPixelOrder(long seed) {
    float[] p = random(seed, 257);
    float[] g = random(seed + 1000, 257);
    assertThat(SaliencyMetrics.kl(p, g)).isPositive();
    assertThat(SaliencyMetrics.cc(p, g)).isBetween(-1.0, 1.0);
    assertThat(SaliencyMetrics.hs(p, g)).isBetween(0.0, 1.0);
    assertThat(SaliencyMetrics.sim(p, g)).isBetween(0.0, 1.0);
    assertThat(SaliencyMetrics.cc(p, g)).isCloseTo(SaliencyMetrics.cc(g, p), within(1e-12));
    float[] scaled = p.clone();
    float[] reversedP = p.clone();
    float[] reversedG = g.clone();
    for (int i = 0; i < p.length; i++) {
      scaled[i] = 8 * p[i];
      reversedP[i] = p[p.length - 1 - i];
      reversedG[i] = g[p.length - 1 - i];
    }
    assertThat(SaliencyMetrics.kl(scaled, g)).isEqualTo(SaliencyMetrics.kl(p, g));
    assertThat(SaliencyMetrics.kl(reversedP, reversedG))
        .isCloseTo(SaliencyMetrics.kl(p, g), within(1e-12));
    assertThat(SaliencyMetrics.cc(reversedP, reversedG))
        .isCloseTo(SaliencyMetrics.cc(p, g), within(1e-12));
    assertThat(SaliencyMetrics.sim(reversedP, reversedG))
        .isCloseTo(SaliencyMetrics.sim(p, g), within(1e-12));
  }

  @Test
  void scanpathSaliencyIsInUnitsOfThePopulationDeviation() {
    float[] p = {0, 0, 0, 1};
    // Mean 1/4, population std sqrt(3)/4: the peak is sqrt(3) deviations up.
    assertThat(SaliencyMetrics.nss(p, 2, 2, List.of(new MapPoint(1.9, 1.2))).orElseThrow())
        .isCloseTo(Math.sqrt(3), within(1e-12));
    assertThat(
            SaliencyMetrics.nss(p, 2, 2, List.of(new MapPoint(1.5, 1.5), new MapPoint(0.5, 0.5)))
                .orElseThrow())
        .isCloseTo((Math.sqrt(3) - 1 / Math.sqrt(3)) / 2, within(1e-12));
  }

  @Test
  void scanpathSaliencyLeavesOutFixationsBesideTheCanvas() {
    float[] p = {0, 0, 0, 1};
    assertThat(SaliencyMetrics.nss(p, 2, 2, List.of())).isEmpty();
    assertThat(SaliencyMetrics.nss(p, 2, 2, List.of(new MapPoint(-0.1, 1), new MapPoint(0.5, 2))))
        .isEmpty();
    assertThat(SaliencyMetrics.nss(uniform(4), 2, 2, List.of(new MapPoint(1, 1)))).hasValue(0);
    assertThatThrownBy(() -> SaliencyMetrics.nss(p, 2, 2, List.of(new MapPoint(0, Double.NaN))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at index 0");
  }

  @Test
  void rejectsNotANumberNegativeAndEmptyMaps() {
    float[] good = {1, 0};
    assertThatThrownBy(() -> SaliencyMetrics.kl(new float[] {1, Float.NaN}, good))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Expected finite values of at least 0 in the predicted map, found NaN at index 1");
    assertThatThrownBy(() -> SaliencyMetrics.cc(good, new float[] {Float.POSITIVE_INFINITY, 1}))
        .hasMessage(
            "Expected finite values of at least 0 in the gaze map, found Infinity at index 0");
    assertThatThrownBy(() -> SaliencyMetrics.sim(good, new float[] {1, -1}))
        .hasMessage("Expected finite values of at least 0 in the gaze map, found -1.0 at index 1");
    assertThatThrownBy(() -> SaliencyMetrics.hs(good, new float[2]))
        .hasMessage("Expected a positive sum of the gaze map, all its 2 values are 0");
    assertThatThrownBy(() -> SaliencyMetrics.hs(good, new float[] {1}))
        .hasMessage("predicted map has 2 values, but gaze map has 1");
  }

  @Test
  void deviationOverImagesIsThePopulationDeviation() {
    Distribution distribution = Distribution.of(new double[] {4, 1, 3, 2});
    assertThat(distribution).isEqualTo(new Distribution(4, 2.5, 2.5, Math.sqrt(1.25)));
    assertThatThrownBy(() -> Distribution.of(new double[] {0, Double.NaN}))
        .hasMessage("Expected finite values in values, found NaN at index 1");
  }

  private static float[] uniform(int n) {
    float[] map = new float[n];
    Arrays.fill(map, 1f / n);
    return map;
  }

  private static float[] oneHot(int n, int hot) {
    float[] map = new float[n];
    map[hot] = 1;
    return map;
  }

  private static float[] random(long seed, int n) {
    Random random = new Random(seed);
    float[] map = new float[n];
    for (int i = 0; i < n; i++) {
      map[i] = random.nextFloat() + 1e-3f;
    }
    return map;
  }
}
