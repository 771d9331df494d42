package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same sources with Deeplearning4j 1.0.0-M1.1, which the build for Hopper uses, on its CPU back
 * end. With the release of the default build every test run does the same.
 */
class OtherReleaseTest {
  @Test
  @Tag("long")
  void theLayersAndTrainingComputeTheSameWithTheOlderRelease() {
    Path maven = Tools.require("mvn", "Debian: apt-get install maven");
    Completed done =
        Programs.run(
            Project.root(),
            Map.of(),
            Duration.ofMinutes(40),
            List.of(
                maven.toString(),
                "-B",
                "-ntp",
                "-Ddl4j.release=m1.1",
                "-pl",
                "pipeline",
                "test",
                "-Dspotless.check.skip",
                "-Djacoco.skip",
                // What it excludes is about the native library of the default build.
                "-Dtest=io.cogaze.nn.**,io.cogaze.weights.**,io.cogaze.train.**,!NativeLibraryTest"));
    done.expect(0);
    assertThat(done.out())
        .contains("Running io.cogaze.nn.layer.GradientsTest")
        .contains("Running io.cogaze.train.spark.OneWorkerTest")
        // Three tasks of a process at once, which that release stands only in turns.
        .contains("Running io.cogaze.nn.network.TurnsTest")
        .contains("Running io.cogaze.nn.network.ConcurrentTasksTest")
        .containsPattern("Tests run: [1-9]\\d{2,}, Failures: 0, Errors: 0");
  }
}
