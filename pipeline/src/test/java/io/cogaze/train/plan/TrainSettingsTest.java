package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TrainSettingsTest {
  @Test
  void soManySlicesThatAveragingWouldNeverEndAreRefused() {
    assertThat(settings(10_000).averagingSlices()).isEqualTo(10_000);
    assertThatThrownBy(() -> settings(Integer.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("averaging-slices must be 10000 or less but is 2147483647");
  }

  private static TrainSettings settings(int slices) {
    return new TrainSettings(
        1, 2, 1, 256, 512, 16, true, slices, true, new TrainSettings.Checkpoints(1, 2));
  }
}
