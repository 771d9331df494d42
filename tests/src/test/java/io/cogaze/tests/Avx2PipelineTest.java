package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.bench.InstructionSet;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Training and evaluation as a processor without AVX-512 computes them, from end to end. */
class Avx2PipelineTest {
  @Test
  void everyStageTrainsAndIsEvaluatedAsWithAllInstructions() {
    Path native512 = SmallPipeline.run();
    Path run = SmallPipeline.scratch("avx2").resolve("run");
    Cogaze held =
        SmallPipeline.cogaze()
            .with("JAVA_TOOL_OPTIONS", String.join(" ", InstructionSet.AVX2.jvmOptions()))
            .with(InstructionSet.AVX2.environment());
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

    JsonNode provenance =
        Json.read(run.resolve("stages").resolve("fuse/checkpoints/0001/provenance.json"));
    assertThat(provenance.toString())
        .contains("blocks of 8 channels")
        .contains("linux-x86_64-onednn-avx2");
    JsonNode found = Json.summary(run).path("metrics");
    JsonNode expected = Json.summary(native512).path("metrics");
    // The order of sums differs, and a training carries that on; what is learned does not.
    for (String metric : new String[] {"kl_mean", "cc_mean", "sim_mean"}) {
      double value = expected.path(metric).asDouble(Double.NaN);
      assertThat(found.path(metric).asDouble(Double.NaN))
          .as(metric)
          .isCloseTo(value, within(0.02 * Math.max(1, Math.abs(value))));
    }
  }
}
