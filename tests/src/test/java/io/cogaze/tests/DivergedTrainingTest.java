package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.jobs.InProcess;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A stage whose parameters leave the finite numbers. */
class DivergedTrainingTest {
  @Test
  void theCommandEndsWithTheExamplesNamedAndEarlierStagesKept() {
    Path run = SmallPipeline.scratch("diverged").resolve("run");
    InProcess.Result ended =
        InProcess.run(
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            SmallPipeline.shards(),
            "--run",
            run,
            "--config",
            SmallPipeline.configuration(),
            "--stages",
            "contrast,classify",
            "--set",
            "train.seed=5",
            "--set",
            "recipe.stages.classify.batch-size=4",
            "--set",
            "recipe.stages.classify.updater.learning-rate=1e30");

    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(3);
    assertThat(ended.err())
        .contains("Stage 'classify' stopped")
        .contains("epoch 1, round 1, worker")
        .containsPattern("examples \\[[^\\]]+\\]")
        .contains("The last checkpoint is kept")
        .contains("learning-rate")
        .doesNotContain("\tat ");
    Checkpoints.assertReadable(run);
    assertThat(Checkpoints.isFinished(run, "classify")).isFalse();
    assertThat(Checkpoints.parameters(run, "contrast"))
        .isEqualTo(Checkpoints.parameters(SmallPipeline.run(), "contrast"));
  }
}
