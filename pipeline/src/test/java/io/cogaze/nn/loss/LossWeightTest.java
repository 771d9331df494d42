package io.cogaze.nn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LossWeightTest {
  @Test
  void aFixedWeightMultipliesTheLossAndHasNoSigma() {
    LossWeight weight = new LossWeight(0.5, OptionalDouble.empty());

    assertThat(weight.weighted(3)).isEqualTo(1.5);
    assertThat(weight.slope()).isEqualTo(0.5);
    assertThat(weight.slopeOfLogSigma(3)).isZero();
    assertThat(weight.sigma()).isEmpty();
  }

  /** factor * loss / sigma^2 + ln(sigma + 1), computed by hand for sigma = 1, 2 and 1/2. */
  @ParameterizedTest
  @CsvSource({"1, 3.693147180559945", "2, 1.848612288668110", "0.5, 12.405465108108164"})
  void aLearnedWeightIsThatOfMtUnetsCode(double sigma, double expected) {
    LossWeight weight = learned(1.5, Math.log(sigma));

    assertThat(weight.weighted(2)).isCloseTo(expected, within(1e-12));
    assertThat(weight.sigma().orElseThrow()).isCloseTo(sigma, within(1e-15));
  }

  @ParameterizedTest
  @CsvSource({"-3, 0.01", "-0.7, 1.1", "0, 0.2", "0.4, 3", "2.5, 700"})
  void slopesAreThoseOfDifferences(double logSigma, double loss) {
    double h = 1e-6;
    LossWeight weight = learned(0.8, logSigma);
    double byLoss = (weight.weighted(loss + h) - weight.weighted(loss - h)) / (2 * h);
    double bySigma =
        (learned(0.8, logSigma + h).weighted(loss) - learned(0.8, logSigma - h).weighted(loss))
            / (2 * h);

    assertThat(weight.slope()).isCloseTo(byLoss, within(1e-6 * Math.abs(byLoss)));
    assertThat(weight.slopeOfLogSigma(loss)).isCloseTo(bySigma, within(1e-6 * Math.abs(bySigma)));
  }

  @Test
  void aHugeSigmaDoesNotOverflow() {
    assertThat(learned(1, 800).weighted(5)).isCloseTo(800, within(1e-9));
    assertThat(learned(1, 800).slopeOfLogSigma(5)).isCloseTo(1, within(1e-12));
  }

  private static LossWeight learned(double factor, double logSigma) {
    return new LossWeight(factor, OptionalDouble.of(logSigma));
  }
}
