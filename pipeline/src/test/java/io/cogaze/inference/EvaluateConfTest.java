package io.cogaze.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigCoverage;
import io.cogaze.config.LoadRequest;
import io.cogaze.error.ConfigurationException;
import io.cogaze.report.ReportSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluateConfTest {
  @Test
  void everyKeyOfEvaluateAndReportIsReadAndEverySettingHasADefault() {
    assertThat(
            ConfigCoverage.ofReference()
                .block("evaluate", EvaluateSettings.class)
                .block("report", ReportSettings.class)
                .problems())
        .filteredOn(problem -> problem.startsWith("evaluate") || problem.startsWith("report"))
        .isEmpty();
  }

  @Test
  void moreNativeThreadsThanTheSystemHasAreConfigurationErrors() {
    ConfigBinder binder =
        CogazeConfig.load(LoadRequest.of(List.of(), List.of("evaluate.native-threads=1025")))
            .binder();
    binder.bind("evaluate", EvaluateSettings.class);
    assertThatThrownBy(binder::check)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("native-threads must be 1024 or less but is 1025");
  }

  @Test
  void valuesOutOfRangeAreConfigurationErrorsThatNameTheKey() {
    ConfigBinder binder =
        CogazeConfig.load(
                LoadRequest.of(
                    List.of(), List.of("evaluate.batch-size=0", "report.image-max-px=4")))
            .binder();
    binder.bind("evaluate", EvaluateSettings.class);
    binder.bind("report", ReportSettings.class);
    assertThatThrownBy(binder::check)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("batch-size must be 1 or more but is 0")
        .hasMessageContaining("image-max-px must be from 16 to 2048 but is 4");
  }
}
