package io.cogaze.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.LoadRequest;
import io.cogaze.error.ConfigurationException;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SyntheticSettingsTest {
  private static SyntheticSettings bind(String... overrides) {
    ConfigBinder binder = CogazeConfig.load(LoadRequest.of(List.of(), List.of(overrides))).binder();
    Supplier<SyntheticSettings> settings = binder.bind("synthetic", SyntheticSettings.class);
    binder.check();
    return settings.get();
  }

  @Test
  void referenceConfHoldsTheDefaults() {
    assertThat(bind()).isEqualTo(SyntheticSettings.defaults());
  }

  @Test
  void saysWhichValueIsOutOfRange() {
    assertThatThrownBy(() -> bind("synthetic.image-scale=2"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("image-scale = 2.0")
        .hasMessageContaining("between 0.05 and 1");
    assertThatThrownBy(() -> bind("synthetic.reading-seconds-max=3"))
        .hasMessageContaining("reading-seconds-max = 3.0")
        .hasMessageContaining("at least reading-seconds = 12.0");
  }
}
