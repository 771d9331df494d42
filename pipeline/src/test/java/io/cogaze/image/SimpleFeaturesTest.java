package io.cogaze.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SimpleFeaturesTest {
  @Test
  void describesAPictureThatIsHalfBlackAndHalfWhite() {
    GreyImage image = GreyImage.black(16, 24);
    for (int y = 0; y < 24; y++) {
      for (int x = 8; x < 16; x++) {
        image.values()[y * 16 + x] = 1;
      }
    }
    double[] features = SimpleFeatures.of(image);
    assertThat(features).hasSize(82);
    assertThat(features[0]).isEqualTo(0.5);
    assertThat(features[1]).isEqualTo(0.5);
    assertThat(features[2]).as("darkest bin").isEqualTo(0.5);
    assertThat(features[17]).as("brightest bin").isEqualTo(0.5);
    assertThat(Arrays.copyOfRange(features, 18, 26)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
  }

  @Test
  void thumbnailKeepsTheMeanOfASizeThatEightDoesNotDivide() {
    GreyImage image = GreyImage.black(13, 11);
    Arrays.fill(image.values(), 0.3f);
    double[] features = SimpleFeatures.of(image);
    for (int i = 18; i < SimpleFeatures.COUNT; i++) {
      assertThat(features[i]).isCloseTo(0.3, within(1e-6));
    }
    assertThat(Arrays.stream(features, 2, 18).sum()).isCloseTo(1, within(1e-12));
  }

  @Test
  void refusesAPictureSmallerThanTheThumbnail() {
    assertThatThrownBy(() -> SimpleFeatures.of(GreyImage.black(7, 30)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("7 x 30");
  }
}
