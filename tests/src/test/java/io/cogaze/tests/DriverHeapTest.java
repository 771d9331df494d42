package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver with a heap of 1 GB averages the full-size network of four workers, each a JVM of its
 * own, while it holds the index and the plan of a million examples. Needs 20 GB of memory.
 */
@Tag("long")
class DriverHeapTest {
  @Test
  void aGigabyteIsEnoughForTheFullSizeNetworkAndAMillionExamples(@TempDir Path folder) {
    Completed done =
        new Cogaze()
            .with("COGAZE_MACHINE_MEMORY", "24g")
            .master("local-cluster[4,1,768]")
            .spark("--driver-memory", "1g", "--conf", "spark.cogaze.offHeapMemory=2800m")
            .run(
                "bench",
                "round",
                "--case",
                "cooperative:320x256:2",
                "--workers",
                4,
                "--batches",
                1,
                "--rounds",
                2,
                "--payload-only",
                "--no-peer",
                "--simulated-examples",
                1_000_000,
                "--output",
                folder.resolve("round"),
                "--cache",
                folder.resolve("cache"),
                "--json")
            .expect(0);
    JsonNode last =
        Json.parse(
            done.out()
                .lines()
                .filter(line -> line.startsWith("{"))
                .reduce((a, b) -> b)
                .orElseThrow());
    System.out.println("peak of the driver's heap, MiB: " + last.get("driver_heap_mb").asLong());

    assertThat(last.get("bytes").asLong()).isGreaterThan(799_000_000);
    assertThat(last.get("driver_heap_mb").asLong()).isBetween(100L, 1024L);
  }
}
