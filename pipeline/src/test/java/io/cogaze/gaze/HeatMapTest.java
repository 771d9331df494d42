package io.cogaze.gaze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HeatMapTest {
  private static final GaussianKernel NATIVE = GaussianKernel.ofOpenCvSize(501);

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 30));
  }

  @Test
  void takesSigmaAndRadiusFromTheKernelSizeAsOpenCvDoes() {
    assertThat(NATIVE.sigmaPx()).isCloseTo(75.5, within(1e-12));
    assertThat(NATIVE.radiusPx()).isEqualTo(250);
    assertThat(NATIVE.reducedBy(5).sigmaPx()).isCloseTo(15.1, within(1e-12));
    assertThat(NATIVE.reducedBy(5).radiusPx()).isEqualTo(50);
    assertThat(NATIVE.reducedBy(10).sigmaPx()).isCloseTo(7.55, within(1e-12));
    assertThat(NATIVE.reducedBy(10).radiusPx()).isEqualTo(25);
    assertThat(GaussianKernel.cutAt(15.1, 250 / 75.5)).isEqualTo(new GaussianKernel(15.1, 50));
  }

  @Test
  void fallsFromASingleSampleAsTheGoldenValuesSay() {
    float[] map =
        HeatMap.render(
                List.of(new GazePoint(256, 320, 1)),
                640,
                512,
                NATIVE.reducedBy(5),
                Border.REFLECT_101)
            .orElseThrow();

    float peak = map[320 * 512 + 256];
    assertThat(map[320 * 512 + 271] / peak).isCloseTo(0.610547f, within(1e-6f));
    assertThat(map[(320 - 15) * 512 + 256] / peak).isCloseTo(0.610547f, within(1e-6f));
    assertThat(map[320 * 512 + 306] / peak).isCloseTo(0.00416f, within(5e-6f));
    assertThat(map[320 * 512 + 307]).isZero();
    assertThat(sumOf(map)).isCloseTo(1, within(1e-5));
  }

  @Test
  void countsManySamplesOnOnePixelWithoutWrapping() {
    List<GazePoint> points = new ArrayList<>(Collections.nCopies(200, new GazePoint(3, 4, 1)));
    points.add(new GazePoint(20.9, 4.9, 1));

    double[] counts = HeatMap.counts(points, 10, 30);

    assertThat(counts[4 * 30 + 3]).isEqualTo(200);
    assertThat(counts[4 * 30 + 20]).isEqualTo(1);
  }

  @Test
  void givesNoMapWhenNoWeightIsLeft() {
    assertThat(HeatMap.render(List.of(), 8, 8, 2, 3)).isEmpty();
    assertThat(HeatMap.render(List.of(new GazePoint(8, 0, 5)), 8, 8, 2, 3)).isEmpty();
    assertThat(HeatMap.render(List.of(new GazePoint(-0.01, 0, 5)), 8, 8, 2, 3)).isEmpty();
    assertThat(HeatMap.render(List.of(new GazePoint(1, 1, 0)), 8, 8, 2, 3)).isEmpty();
  }

  @Test
  void tellsTheShareOfWeightInsideTheMap() {
    List<GazePoint> points = List.of(new GazePoint(1, 1, 3), new GazePoint(100, 1, 1));

    assertThat(HeatMap.shareInside(points, 8, 8)).isEqualTo(0.75);
    assertThat(HeatMap.shareInside(List.of(), 8, 8)).isZero();
  }

  @Test
  void weighsPointsByTheirDuration() {
    float[] map =
        HeatMap.render(List.of(new GazePoint(2, 2, 300), new GazePoint(29, 2, 100)), 5, 32, 1, 3)
            .orElseThrow();

    assertThat(map[2 * 32 + 2] / map[2 * 32 + 29]).isCloseTo(3f, within(1e-5f));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void equalsThePlainConvolutionOfAMirroredMap(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int height = random.nextInt(1, 24);
    int width = random.nextInt(1, 24);
    GaussianKernel kernel = new GaussianKernel(random.nextDouble(0.3, 12), random.nextInt(0, 60));
    Border border = random.nextBoolean() ? Border.REFLECT : Border.REFLECT_101;
    List<GazePoint> points = new ArrayList<>();
    for (int i = random.nextInt(1, 20); i > 0; i--) {
      points.add(
          new GazePoint(
              random.nextDouble(0, width),
              random.nextDouble(0, height),
              random.nextDouble(0.1, 9)));
    }

    float[] map = HeatMap.render(points, height, width, kernel, border).orElseThrow();

    double[] expected =
        convolved(HeatMap.counts(points, height, width), height, width, kernel, border);
    for (int i = 0; i < map.length; i++) {
      assertThat((double) map[i])
          .as("seed %d, pixel %d of %d x %d, %s", seed, i, height, width, border)
          .isCloseTo(expected[i], within(1e-6));
    }
    assertThat(sumOf(map)).as("seed %d", seed).isCloseTo(1, within(1e-5));
  }

  @Test
  void comesCloseToBlurAtNativeResolutionFollowedByReduction() {
    int factor = 5;
    SplittableRandom random = new SplittableRandom(7);
    List<GazePoint> fine = new ArrayList<>();
    List<GazePoint> coarse = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      double x = random.nextDouble(0, 800);
      double y = random.nextDouble(0, 900);
      fine.add(new GazePoint(x, y, 1));
      coarse.add(new GazePoint(x / factor, y / factor, 1));
    }

    float[] blurred = HeatMap.render(fine, 900, 800, NATIVE, Border.REFLECT_101).orElseThrow();
    float[] reduced =
        HeatMap.render(coarse, 180, 160, NATIVE.reducedBy(factor), Border.REFLECT_101)
            .orElseThrow();

    double difference = 0;
    for (int y = 0; y < 180; y++) {
      for (int x = 0; x < 160; x++) {
        double box = 0;
        for (int dy = 0; dy < factor; dy++) {
          for (int dx = 0; dx < factor; dx++) {
            box += blurred[(y * factor + dy) * 800 + x * factor + dx];
          }
        }
        difference += Math.abs(box - reduced[y * 160 + x]);
      }
    }
    assertThat(difference).as("total variation, of at most 2").isLessThan(0.02);
  }

  @Test
  void refusesNumbersThatMakeNoSense() {
    assertThatThrownBy(() -> new GazePoint(Double.NaN, 0, 1)).hasMessageContaining("x = NaN");
    assertThatThrownBy(() -> new GazePoint(0, 0, -1)).hasMessageContaining("weight = -1");
    assertThatThrownBy(() -> new GaussianKernel(0, 3)).hasMessageContaining("sigma is 0.0");
    assertThatThrownBy(() -> GaussianKernel.ofOpenCvSize(500)).hasMessageContaining("is 500");
    assertThatThrownBy(() -> HeatMap.counts(List.of(), 0, 3)).hasMessageContaining("0 rows");
  }

  private static double[] convolved(
      double[] counts, int height, int width, GaussianKernel kernel, Border border) {
    int radius = kernel.radiusPx();
    double[] result = new double[counts.length];
    double sum = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double value = 0;
        for (int dy = -radius; dy <= radius; dy++) {
          for (int dx = -radius; dx <= radius; dx++) {
            double weight =
                Math.exp(-(dy * dy + dx * dx) / (2 * kernel.sigmaPx() * kernel.sigmaPx()));
            value +=
                weight
                    * counts[
                        folded(y + dy, height, border) * width + folded(x + dx, width, border)];
          }
        }
        result[y * width + x] = value;
        sum += value;
      }
    }
    for (int i = 0; i < result.length; i++) {
      result[i] /= sum;
    }
    return result;
  }

  /** Folds step by step, unlike the code under test. */
  private static int folded(int position, int size, Border border) {
    int at = position;
    while (at < 0 || at >= size) {
      if (size == 1) {
        return 0;
      }
      int shift = border == Border.REFLECT ? 1 : 0;
      at = at < 0 ? -at - shift : 2 * (size - 1) - at + shift;
    }
    return at;
  }

  private static double sumOf(float[] map) {
    double sum = 0;
    for (float value : map) {
      sum += value;
    }
    return sum;
  }
}
