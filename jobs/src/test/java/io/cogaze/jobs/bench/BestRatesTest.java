package io.cogaze.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class BestRatesTest {
  /** Two epochs at each of two rates: CoGaze does better at the lower, stock at the higher. */
  private static final List<AveragingEpoch> TUNING =
      List.of(
          epoch(1, true, 1e-3, 0.8, 1e-3, 0.9),
          epoch(2, true, 1e-3, 0.4, 1e-3, 0.5),
          epoch(1, true, 3e-3, 0.5, 3e-3, 0.6),
          epoch(2, true, 3e-3, 0.9, 3e-3, 0.3));

  @Test
  void eachMasterHasTheRateOfItsOwnLowestLossAtTheEnd() {
    assertThat(BestRates.of(TUNING)).isEqualTo(new BestRates(1e-3, 3e-3));
  }

  @Test
  void aLossThatIsNotANumberLoses() {
    assertThat(
            BestRates.of(
                List.of(
                    epoch(1, true, 1e-2, Double.NaN, 1e-2, 0.7),
                    epoch(1, true, 1e-3, 0.9, 1e-3, Double.NaN))))
        .isEqualTo(new BestRates(1e-3, 1e-2));
  }

  @Test
  void withoutTrainingsThereIsNoBest() {
    assertThatThrownBy(() -> BestRates.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No learning rate was tried");
  }

  @Test
  void theTableSaysHowRatesWereChosenAndComparesNoTuning() {
    List<AveragingEpoch> measured =
        List.of(
            TUNING.get(0),
            TUNING.get(1),
            TUNING.get(2),
            TUNING.get(3),
            epoch(1, false, 1e-3, 0.6, 3e-3, 0.5));
    StringWriter text = new StringWriter();
    AveragingTable.print(new PrintWriter(text), measured);

    assertThat(text.toString())
        .contains("CoGaze 0.001: 0.4000, 0.003: 0.9000")
        .contains("stock  0.001: 0.5000, 0.003: 0.3000")
        .contains("Learning rate of the first epoch: CoGaze 0.001, stock 0.003")
        .contains(
            "all epochs: loss ratio 1.2000 (standard error over the seeds not known of one; at most 1.01 is wanted: DOES NOT HOLD)")
        .doesNotContain("\n      2 ");
    assertThat(AveragingTable.summary(measured).get("seeds").asLong()).isEqualTo(1);
  }

  /** Means of the seeds 1.2 and 1.0: their standard deviation is 0.1414, over the root of two. */
  @Test
  void theStandardErrorOfTheRatioIsThatOfTheSeedsMeans() {
    AveragingEpoch.Master stock = new AveragingEpoch.Master(1e-3, 0.5, 2, 96);
    List<AveragingEpoch> measured =
        List.of(
            epoch(1, false, 1e-3, 0.7, 1e-3, 0.5),
            epoch(2, false, 1e-3, 0.5, 1e-3, 0.5),
            new AveragingEpoch(
                2, 1, false, 100, "stock", new AveragingEpoch.Master(1e-3, 0.5, 1, 100), stock),
            new AveragingEpoch(
                2, 2, false, 100, "stock", new AveragingEpoch.Master(1e-3, 0.5, 1, 100), stock));
    StringWriter text = new StringWriter();
    AveragingTable.print(new PrintWriter(text), measured);

    assertThat(AveragingTable.summary(measured).get("loss_ratio_se").asDouble())
        .isCloseTo(0.1, within(1e-12));
    assertThat(text.toString())
        .contains("all epochs: loss ratio 1.1000 (standard error over the seeds 0.1000; at most");
  }

  private static AveragingEpoch epoch(
      int epoch, boolean tuning, double cogazeRate, double cogaze, double stockRate, double stock) {
    return new AveragingEpoch(
        tuning ? 9 : 1,
        epoch,
        tuning,
        100,
        "cogaze",
        new AveragingEpoch.Master(cogazeRate, cogaze, 1, 100),
        new AveragingEpoch.Master(stockRate, stock, 2, 96));
  }
}
