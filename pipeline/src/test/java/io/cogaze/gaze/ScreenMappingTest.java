package io.cogaze.gaze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.gaze.ScreenMapping.Pads;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScreenMappingTest {

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 50));
  }

  @ParameterizedTest(name = "({0}, {1}) -> ({2}, {3})")
  @CsvSource({"0.5, 0.5, 1272, 1528", "0.3, 0.25, 125, 764", "0.1, 0.5, -2, -2"})
  void mapsTheGoldenVectorsOfThePortraitImage(double x, double y, int imageX, int imageY) {
    ScreenMapping mapping = new ScreenMapping(2544, 3056, new Pads(0, 0, 534, 534));

    assertThat(mapping.toImage(new ScreenPoint(x, y))).isEqualTo(new ImagePoint(imageX, imageY));
  }

  @Test
  void roundsOddSidesUpToEven() {
    Pads pads = new Pads(0, 0, 534, 534);
    ScreenMapping odd = new ScreenMapping(2543, 3055, pads);
    ScreenMapping even = new ScreenMapping(2544, 3056, pads);

    ScreenPoint nearTheCorner = new ScreenPoint(1385.5 / 1920, 1079.5 / 1080);
    assertThat(odd.toImage(nearTheCorner)).isEqualTo(even.toImage(nearTheCorner));
    assertThat(odd.toImage(nearTheCorner)).isEqualTo(new ImagePoint(2542, 3054));
  }

  @Test
  void takesThePadsInTheOrderTopBottomLeftRight() {
    ScreenMapping mapping = new ScreenMapping(1600, 800, new Pads(100, 180, 20, 300));

    // 1600 pixels of the screen's width and 800 of its height remain: one to one.
    assertThat(mapping.toImage(new ScreenPoint(30.0 / 1920, 150.5 / 1080)))
        .isEqualTo(new ImagePoint(10, 50));
    assertThat(mapping.toImage(new ScreenPoint(1621.0 / 1920, 150.5 / 1080)).onImage()).isFalse();
    assertThat(mapping.toImage(new ScreenPoint(30.0 / 1920, 901.0 / 1080)).onImage()).isFalse();
  }

  @Test
  void countsAPointOnTheBorderAsOutside() {
    ScreenMapping mapping = new ScreenMapping(1920, 1080, new Pads(0, 0, 480, 480));

    assertThat(mapping.toImage(new ScreenPoint(0.25, 0.5))).isEqualTo(new ImagePoint(-2, -1));
    assertThat(mapping.toImage(new ScreenPoint(0.2501, 0.5)).onImage()).isTrue();
    assertThat(mapping.toImage(new ScreenPoint(0.75, 0.5)).onImage()).isFalse();
    assertThat(mapping.toImage(new ScreenPoint(0.5, 0)).onImage()).isFalse();
    assertThat(mapping.toImage(new ScreenPoint(0.5, 1)).onImage()).isFalse();
  }

  @Test
  void treatsAMissingNumberAsOutside() {
    ScreenMapping mapping = new ScreenMapping(2544, 3056, new Pads(0, 0, 534, 534));

    assertThat(mapping.toImage(new ScreenPoint(Double.NaN, 0.5)).onImage()).isFalse();
  }

  @Test
  void makesThePadsThatTheDataSetHasForItsCommonSize() {
    assertThat(ScreenMapping.padsFor(2544, 3056)).isEqualTo(new Pads(0, 0, 534, 534));
    assertThat(ScreenMapping.padsFor(3056, 2544)).isEqualTo(new Pads(86, 86, 448, 448));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void findsAnyPixelAgainFromItsScreenPosition(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int width = random.nextInt(64, 4000);
    int height = random.nextInt(64, 4000);
    ScreenMapping mapping = new ScreenMapping(width, height, ScreenMapping.padsFor(width, height));

    for (int i = 0; i < 100; i++) {
      int x = random.nextInt(1, width - 1);
      int y = random.nextInt(1, height - 1);
      ScreenPoint screen = mapping.toScreen(x + 0.5, y + 0.5);
      assertThat(mapping.toImage(screen))
          .as("seed %d, image %d x %d", seed, width, height)
          .isEqualTo(new ImagePoint(x, y));
    }
  }

  @Test
  void refusesPadsThatLeaveNoPicture() {
    assertThatThrownBy(() -> new ScreenMapping(100, 100, new Pads(0, 0, 1000, 920)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "The pads top 0, bottom 0, left 1000, right 920 leave no picture on a screen of"
                + " 1920 x 1080");
    assertThatThrownBy(() -> new ScreenMapping(100, 100, new Pads(-1, 0, 0, 0)))
        .hasMessageContaining("top -1");
    assertThatThrownBy(() -> new ScreenMapping(0, 100, new Pads(0, 0, 0, 0)))
        .hasMessage("The image must have pixels, but is 0 x 100");
  }
}
