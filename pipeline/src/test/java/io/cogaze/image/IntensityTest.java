package io.cogaze.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.image.GreyEncoding.Ramp;
import io.cogaze.image.GreyEncoding.Range;
import io.cogaze.image.IntensitySettings.Inversion;
import io.cogaze.image.IntensitySettings.Mode;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class IntensityTest {
  private static final GreyEncoding TWELVE_BITS = GreyEncoding.plain(4095);

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 40));
  }

  @Test
  void dividesByTheLargestValueWithoutInversion() {
    GreyEncoding dark =
        new GreyEncoding(0, 4095, true, OptionalInt.empty(), Optional.empty(), Optional.empty());

    assertThat(scaled(dark, IntensitySettings.faithful(), 100, 200, 400, 0))
        .containsExactly(0.25f, 0.5f, 1f, 0f);
  }

  @Test
  void makesNegativeValuesBlackAndAPictureWithoutValuesToo() {
    assertThat(scaled(TWELVE_BITS, IntensitySettings.faithful(), -5, 10)).containsExactly(0f, 1f);
    assertThat(scaled(TWELVE_BITS, IntensitySettings.faithful(), 0, 0)).containsExactly(0f, 0f);
    assertThat(scaled(TWELVE_BITS, settings(Mode.PERCENTILE, Inversion.NONE), 7, 7))
        .containsExactly(0f, 0f);
  }

  @ParameterizedTest(name = "monochrome1 {0}, sign {1}, rule {2}: inverted {3}")
  @CsvSource({
    "true,  -1, NONE, false",
    "true,  -1, MONOCHROME1, true",
    "false,  1, MONOCHROME1, false",
    "false,  1, RELATIONSHIP_SIGN, true",
    "false,  0, RELATIONSHIP_SIGN, true",
    "false, -1, RELATIONSHIP_SIGN, false",
    "true,  -1, RELATIONSHIP_SIGN, true"
  })
  void invertsByTheChosenRule(
      boolean monochrome1, int sign, Inversion inversion, boolean inverted) {
    GreyEncoding encoding =
        new GreyEncoding(
            0,
            100,
            monochrome1,
            sign == 0 ? OptionalInt.empty() : OptionalInt.of(sign),
            Optional.empty(),
            Optional.empty());

    assertThat(scaled(encoding, settings(Mode.WINDOW, inversion), 25))
        .containsExactly(inverted ? 0.75f : 0.25f);
  }

  @Test
  void appliesTheWindowAndCutsOutsideOfIt() {
    GreyEncoding window = withRamp(new Ramp(2000, 1000));
    GreyEncoding falling = withRamp(new Ramp(2000, -1000));

    assertThat(scaled(window, settings(Mode.WINDOW, Inversion.NONE), 1000, 1750, 2000, 4000))
        .containsExactly(0f, 0.25f, 0.5f, 1f);
    assertThat(scaled(falling, settings(Mode.WINDOW, Inversion.NONE), 1000, 1750, 2000, 4000))
        .containsExactly(1f, 0.75f, 0.5f, 0f);
  }

  @Test
  void takesTheWholeRangeOfTheBitsWithoutAWindow() {
    GreyEncoding signed =
        new GreyEncoding(
            -2048, 2047, false, OptionalInt.of(-1), Optional.empty(), Optional.empty());

    assertThat(scaled(signed, settings(Mode.WINDOW, Inversion.NONE), -2048, 2047))
        .containsExactly(0f, 1f);
  }

  @Test
  void leavesPaddingBlackAndOutOfTheCount() {
    GreyEncoding padded =
        new GreyEncoding(
            0,
            65535,
            true,
            OptionalInt.empty(),
            Optional.empty(),
            Optional.of(new Range(60000, 65535)));

    assertThat(scaled(padded, settings(Mode.MAX, Inversion.MONOCHROME1), 50, 65535, 100))
        .containsExactly(0.5f, 0f, 0f);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void cutsAtThePercentilesOfWholeAndBrokenNumbersAlike(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[random.nextInt(2, 500)];
    double step = random.nextBoolean() ? 1 : 0.37;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextInt(-300, 900) * step);
    }
    double lowPercent = random.nextDouble(0, 50);
    double highPercent = random.nextDouble(51, 100);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    double low = sorted[(int) Math.max(1, Math.ceil(lowPercent / 100 * sorted.length)) - 1];
    double high = sorted[(int) Math.ceil(highPercent / 100 * sorted.length) - 1];

    float[] scaled =
        scaled(
            TWELVE_BITS,
            new IntensitySettings(Mode.PERCENTILE, lowPercent, highPercent, Inversion.NONE),
            values);

    for (int i = 0; i < values.length; i++) {
      double expected = high > low ? Math.min(1, Math.max(0, (values[i] - low) / (high - low))) : 0;
      assertThat((double) scaled[i]).as("seed %d", seed).isCloseTo(expected, within(1e-6));
    }
  }

  @Test
  void refusesPercentilesOutOfOrder() {
    assertThatThrownBy(() -> new IntensitySettings(Mode.PERCENTILE, 50, 50, Inversion.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("low is 50.0 and high is 50.0");
  }

  private static GreyEncoding withRamp(Ramp ramp) {
    return new GreyEncoding(
        0, 4095, false, OptionalInt.of(-1), Optional.of(ramp), Optional.empty());
  }

  private static IntensitySettings settings(Mode mode, Inversion inversion) {
    return new IntensitySettings(mode, 1, 99, inversion);
  }

  private static float[] scaled(
      GreyEncoding encoding, IntensitySettings settings, float... values) {
    return Intensity.scale(new GreyImage(values.length, 1, values), encoding, settings).values();
  }
}
