package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What optimisers multiply by must be a number of float32, and leave room for a gradient. */
final class FloatRangeTest {
  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-8, 1, 1e30})
  void aRateThatFloat32CanComputeWithIsTaken(double rate) {
    assertThat(updater(rate).learningRate()).isEqualTo(rate);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.1e30, 1e39, Double.MAX_VALUE, Double.POSITIVE_INFINITY})
  void aRateWhoseStepsWouldBeInfiniteIsRefused(double rate) {
    assertThatThrownBy(() -> updater(rate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "learning-rate must be from 1.0E-30 to 1.0E30, because steps are computed in float32,"
                + " in which its products would be infinite, but is "
                + rate);
  }

  @Test
  void aRateWhoseStepsWouldBeZeroIsRefused() {
    assertThatThrownBy(() -> updater(1e-46))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "learning-rate must be from 1.0E-30 to 1.0E30, because steps are computed in float32,"
                + " in which its products would be 0, but is 1.0E-46");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.NEGATIVE_INFINITY})
  void aRateThatIsNotAboveZeroIsRefused(double rate) {
    assertThatThrownBy(() -> updater(rate))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("learning-rate must be above 0 but is " + rate);
  }

  @Test
  void lossWeightsTheLimitOfGradientsAndTheLowestRateAreHeldToTheSameRange() {
    assertThatThrownBy(() -> stage(1e39, Optional.empty()))
        .hasMessageStartingWith(
            "The loss weight of head 'saliency' must be from 1.0E-30 to 1.0E30");
    assertThatThrownBy(() -> stage(1, Optional.of(1e-46)))
        .hasMessageStartingWith("clip-global-norm must be from 1.0E-30 to 1.0E30");
    assertThatThrownBy(() -> new PlateauSettings(0.1, 1, 1e-4, true, 1e39))
        .hasMessageStartingWith("minimum-learning-rate must be from 1.0E-30 to 1.0E30");
    assertThat(new PlateauSettings(0.1, 1, 1e-4, true, 0).minimumLearningRate()).isZero();
  }

  private static UpdaterSettings updater(double rate) {
    return new UpdaterSettings(UpdaterSettings.Kind.ADAM, rate);
  }

  private static StageSettings stage(double weight, Optional<Double> clip) {
    return new StageSettings(
        Map.of("saliency", weight),
        List.of("decoder"),
        List.of(),
        List.of(),
        SamplerKind.SHUFFLED,
        8,
        1,
        1,
        updater(1e-3),
        Optional.empty(),
        new Selection(Selection.Metric.LOSS, Selection.Mode.MIN),
        1,
        1,
        1,
        clip,
        List.of());
  }
}
