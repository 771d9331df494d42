package io.cogaze.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.image.Canvas;
import io.cogaze.image.Reduction;
import org.junit.jupiter.api.Test;

class CanvasSettingsTest {
  private static CanvasSettings of(double scale, int height, int width) {
    return new CanvasSettings(3200, 2560, scale, height, width, Reduction.AREA);
  }

  @Test
  void fullSizeImagesAreReducedByFiveAsTheReferenceDoes() {
    CanvasSettings settings = of(1, 640, 512);
    assertThat(settings.canvas()).isEqualTo(new Canvas(3200, 2560, 5));
    assertThat(settings.repeats()).isEqualTo(1);
    GazeSettings gaze = new GazeSettings(GazeSettings.Source.RAW, 75.5, 250);
    assertThat(gaze.kernel(settings).sigmaPx()).isCloseTo(15.1, within(1e-9));
    assertThat(gaze.kernel(settings).radiusPx()).isEqualTo(50);
  }

  @Test
  void imagesOfAnEighthOfTheSizeAreReducedByAFractionAndBlurTheSamePartOfTheCanvas() {
    CanvasSettings settings = of(0.125, 160, 128);
    assertThat(settings.reduction()).isEqualTo(2.5);
    assertThat(settings.repeats()).isEqualTo(2);
    assertThat(settings.canvas()).isEqualTo(new Canvas(800, 640, 5));
    GazeSettings gaze = new GazeSettings(GazeSettings.Source.RAW, 75.5, 250);
    assertThat(gaze.kernel(settings).sigmaPx()).isCloseTo(3.775, within(1e-9));
  }

  @Test
  void otherAspectRatiosAndOddReductionsAreRefusedWithTheNumbers() {
    assertThatThrownBy(() -> of(1, 640, 640))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("native 3200 x 2560 and output 640 x 640")
        .hasMessageContaining("5.0 in height and 4.0 in width");
    assertThatThrownBy(() -> of(0.1371, 160, 128))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scale 0.1371")
        .hasMessageContaining("another scale or output size");
  }
}
