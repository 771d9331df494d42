package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import io.cogaze.jobs.bench.InstructionSet;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Training and evaluation as a processor without AVX-512 computes them, from end to end. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class Avx2PipelineTest {
  @Test
  void everyStageTrainsAndIsEvaluatedAsWithAllInstructions() {
    assumeThat(Path.of("/proc/cpuinfo"))
        .as("AVX-512, without which all other tests compute so")
        .content()
        .contains("avx512vl");
    Path unlimited = SmallPipeline.run();
    Path run = SmallPipeline.scratch("avx2").resolve("run");
    Cogaze held =
        SmallPipeline.cogaze()
            .with("JAVA_TOOL_OPTIONS", String.join(" ", InstructionSet.AVX2.jvmOptions()));
    held.run(
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            SmallPipeline.shards(),
            "--run",
            run,
            "--config",
            SmallPipeline.configuration())
        .expect(0);
    held.run(
            "evaluate",
            "--run",
            run,
            "--shards",
            SmallPipeline.shards(),
            "--split",
            "test",
            "--config",
            SmallPipeline.configuration())
        .expect(0);

    JsonNode whole = Json.parse(InProcess.run("inspect", run, "--json").out());
    assertThat(whole.path("stages").path("fuse").path("provenance").toString())
        .contains("blocks of 8 channels")
        .contains("linux-x86_64-onednn-avx2");
    JsonNode found = Json.summary(run).path("metrics");
    JsonNode expected = Json.summary(unlimited).path("metrics");
    assertThat(found.size()).isEqualTo(expected.size()).isPositive();
    // After an epoch maps are nearly even: what correlates with the gaze in them is noise, which
    // another order of sums changes, but not how far they are from it.
    double distance = expected.path("kl_mean").asDouble(Double.NaN);
    assertThat(found.path("kl_mean").asDouble(Double.NaN))
        .isCloseTo(distance, within(0.02 * distance));
  }
}
