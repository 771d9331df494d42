package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The estimate of memory against what steps of full size really take, on cases that it was not
 * fitted to. Needs 8 GB of memory; the figures do not depend on how busy the machine is.
 */
@Tag("long")
class MemoryEstimateTest {
  private static final int HELD_OUT = 8;

  @ParameterizedTest(name = "--isa {0}")
  @ValueSource(strings = {"native", "avx2"})
  void isNeverBelowTheMeasuredPeakAndAtMostAFifthAbove(String isa, @TempDir Path folder) {
    InProcess.Result done =
        InProcess.run(
            "bench",
            "memory",
            "--held-out",
            "--json",
            "--isa",
            isa,
            "--cache",
            folder.resolve("cache"),
            "--output",
            folder.resolve("memory"));
    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();

    List<JsonNode> cases = done.out().lines().map(Json::parse).toList();
    assertThat(cases).hasSize(HELD_OUT);
    for (JsonNode measured : cases) {
      long peak = measured.required("peak_mb").asLong();
      assertThat(measured.required("estimate_mb").asLong())
          .as("estimate in MiB, of %s", measured)
          .isBetween(peak, peak * 6 / 5);
    }
  }
}
