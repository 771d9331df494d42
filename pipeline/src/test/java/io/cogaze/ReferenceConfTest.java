package io.cogaze;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigCoverage;
import io.cogaze.config.LoadRequest;
import io.cogaze.run.LockSettings;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ReferenceConfTest {
  @Test
  void everyKeyHasAComment() {
    assertThat(ConfigCoverage.ofReference().problems())
        .filteredOn(problem -> problem.endsWith("has no comment"))
        .isEmpty();
  }

  @Test
  void theLockSettingsAreTheDefaultOnes() {
    assertThat(ConfigCoverage.ofReference().block("run", LockSettings.class).problems())
        .filteredOn(problem -> problem.startsWith("run"))
        .isEmpty();
    ConfigBinder binder = CogazeConfig.load(LoadRequest.of(List.of(), List.of())).binder();
    Supplier<LockSettings> settings = binder.bind("run", LockSettings.class);
    binder.check();
    assertThat(settings.get()).isEqualTo(LockSettings.DEFAULT);
  }
}
