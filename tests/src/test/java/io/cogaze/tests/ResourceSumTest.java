package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.jobs.InProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What training takes is added up before anything is submitted. */
class ResourceSumTest {
  private static Object[] train(Path run, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("train", "--recipe", "cooperative-small", "--shards", SmallPipeline.shards()));
    words.addAll(List.of("--run", run, "--config", SmallPipeline.configuration()));
    words.addAll(List.of(more));
    return words.toArray();
  }

  @Test
  void aDryRunShowsTheSumAndLeavesNothing() {
    Path run = SmallPipeline.scratch("sum-dry").resolve("run");
    String shown = SmallPipeline.cogaze().run(train(run, "--dry-run")).expect(0).out();

    assertThat(shown)
        .contains("sum on this machine")
        .contains("what training takes, in MiB:")
        .contains("Java heap of the one JVM: ")
        .contains("networks at work: 2 x ")
        .contains("memory that ND4J may take in each JVM that computes: ")
        .contains("checkpoints of stage fuse: 3 x ")
        .contains("time: stage contrast: about ");
    assertThat(run).doesNotExist();
  }

  @Test
  void aSumThatCannotFitIsRefusedBeforeAnythingIsSubmittedUnlessToldToStart() {
    Path run = SmallPipeline.scratch("sum-refused").resolve("run");
    Object[] tooMany = {"--set", "train.checkpoints.keep-last=1000000000"};
    InProcess.Result refused = InProcess.run(train(run, tooMany));

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err())
        .contains("Cannot start training: there is not enough disk space for checkpoints.")
        .contains("Java heap of the one JVM: ")
        .contains("checkpoints of stage contrast: 1000000001 x ")
        .contains("a smaller train.checkpoints.keep-last")
        .contains("--set resources.ignore-sum=true");
    assertThat(run).doesNotExist();

    InProcess.Result told =
        InProcess.run(
            train(run, tooMany[0], tooMany[1], "--dry-run", "--set", "resources.ignore-sum=true"));
    assertThat(told.err()).isEmpty();
    assertThat(told.exitCode()).isZero();
    assertThat(told.out()).contains("<- does not fit");
  }
}
