package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver with a heap of 1 GB averages the full-size network of workers, each a JVM of its own,
 * while it holds the index and the plan of a million examples. Needs 20 GB of memory.
 */
@Tag("long")
class DriverHeapTest {
  @TempDir Path folder;

  @Test
  void aGigabyteIsEnoughForTheFullSizeNetworkAndAMillionExamplesAndTheDriversBytesDoNotGrow() {
    List<JsonNode> ofTwo = rounds(2);
    List<JsonNode> ofFour = rounds(4);

    for (List<JsonNode> rounds : List.of(ofTwo, ofFour)) {
      assertThat(last(rounds).get("driver_heap_mb").asLong()).isBetween(100L, 1024L);
      for (JsonNode round : rounds.subList(0, rounds.size() - 1)) {
        double bytes = round.get("bytes").asDouble();
        assertThat(bytes).isGreaterThan(799e6);
        assertThat((round.get("driver_in").asDouble() + round.get("driver_out").asDouble()) / bytes)
            .as("bytes through the driver, over those of the state")
            .isBetween(0.99, 1.01);
      }
    }
    // The logarithm doubles from two workers to four.
    assertThat(busiestNode(ofFour)).isLessThanOrEqualTo(2 * busiestNode(ofTwo));
  }

  private static double busiestNode(List<JsonNode> rounds) {
    return rounds.get(0).get("node_in").asDouble() + rounds.get(0).get("node_out").asDouble();
  }

  private static JsonNode last(List<JsonNode> rounds) {
    return rounds.get(rounds.size() - 1);
  }

  private List<JsonNode> rounds(int workers) {
    Completed done =
        new Cogaze()
            .with("COGAZE_MACHINE_MEMORY", "24g")
            .master("local-cluster[" + workers + ",1,768]")
            .spark(
                "--driver-memory",
                "1g",
                "--conf",
                "spark.executor.memory=768m",
                "--conf",
                "spark.cogaze.offHeapMemory=2800m")
            .run(
                "bench",
                "round",
                "--case",
                "cooperative:320x256:2",
                "--workers",
                workers,
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
    List<JsonNode> rounds =
        done.out()
            .lines()
            .filter(line -> line.startsWith("{"))
            .map(Json::parse)
            .filter(round -> !round.has("summary"))
            .toList();
    System.out.println(
        workers + " workers, MiB in the driver's heap: " + last(rounds).get("driver_heap_mb"));
    assertThat(rounds).hasSize(3);
    return rounds;
  }
}
