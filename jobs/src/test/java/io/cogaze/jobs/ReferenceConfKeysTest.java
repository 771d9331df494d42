package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.config.ConfigCoverage;
import io.cogaze.inference.EvaluateSettings;
import io.cogaze.preprocess.PreprocessSettings;
import io.cogaze.report.ReportSettings;
import io.cogaze.run.LockSettings;
import io.cogaze.synthetic.SyntheticSettings;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.TrainSettings;
import org.junit.jupiter.api.Test;

/** The settings of all commands together and {@code reference.conf} say the same. */
class ReferenceConfKeysTest {
  private static ConfigCoverage allBlocks() {
    return ConfigCoverage.ofReference()
        .block("run", LockSettings.class)
        .block("synthetic", SyntheticSettings.class)
        .block("preprocess", PreprocessSettings.class)
        .block("train", TrainSettings.class)
        .block("resources", ResourceSettings.class)
        .block("evaluate", EvaluateSettings.class)
        .block("report", ReportSettings.class)
        .block("demo", DemoSettings.class);
  }

  @Test
  void everyKeyIsReadAndHasACommentAndEverySettingHasADefault() {
    assertThat(allBlocks().problems())
        .as("recipe is empty there on purpose: files of conf/recipes fill it")
        .containsExactly("recipe is read by no record");
  }
}
