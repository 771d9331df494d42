package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks of averaging from end to end, small: the way, not the speed. */
class BenchAveragingTest {
  @TempDir private Path folder;

  @Test
  void bothMastersTrainOnTheSameBatchesAndCogazeUsesEveryExample() {
    InProcess.Result done =
        InProcess.run(
            "bench",
            "averaging",
            "--seeds",
            1,
            "--epochs",
            2,
            "--examples",
            43,
            "--held-out",
            16,
            "--batch",
            4,
            "--frequency",
            2,
            "--size",
            32,
            "--learning-rate",
            "1e-3,3e-3",
            "--output",
            folder.resolve("averaging"),
            "--json");

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    List<JsonNode> objects = done.out().lines().map(Json::parse).toList();
    assertThat(objects).hasSize(7);
    assertThat(objects.subList(0, 4))
        .as("both masters at each rate, to choose it")
        .allMatch(epoch -> epoch.get("phase").asText().equals("tuning"))
        .extracting(epoch -> epoch.get("cogaze_rate").asDouble())
        .containsExactly(1e-3, 1e-3, 3e-3, 3e-3);
    JsonNode summary = objects.get(6);
    for (JsonNode epoch : objects.subList(4, 6)) {
      assertThat(epoch.get("phase").asText()).isEqualTo("comparison");
      for (String side : List.of("cogaze", "stock")) {
        assertThat(epoch.get(side + "_rate").asDouble())
            .as("the rate of " + side)
            .isEqualTo(summary.get(side + "_rate").asDouble())
            .isEqualTo(rateOfLowestLoss(objects.subList(0, 4), side));
      }
      assertThat(epoch.get("cogaze_examples").asLong()).isEqualTo(43);
      assertThat(epoch.get("stock_examples").asLong()).isBetween(16L, 43L);
      assertThat(epoch.get("cogaze_loss").asDouble()).isBetween(0.01, 20.0);
      assertThat(epoch.get("stock_loss").asDouble()).isBetween(0.01, 20.0);
      assertThat(epoch.get("cogaze_s").asDouble()).isPositive();
      assertThat(epoch.get("stock_s").asDouble()).isPositive();
    }
    assertThat(objects.get(5).get("first").asText()).isEqualTo("stock");
    assertThat(summary.get("cogaze_not_used").asLong()).isZero();
    assertThat(summary.get("loss_ratio").asDouble())
        .isEqualTo(
            (objects.get(4).get("loss_ratio").asDouble()
                    + objects.get(5).get("loss_ratio").asDouble())
                / 2);
    assertThat(folder.resolve("averaging/manifest.json")).isRegularFile();
  }

  private static double rateOfLowestLoss(List<JsonNode> tuning, String side) {
    double low = tuning.get(1).get(side + "_loss").asDouble();
    double high = tuning.get(3).get(side + "_loss").asDouble();
    return high < low ? 3e-3 : 1e-3;
  }

  @Test
  void aRoundIsTimedAndItsBytesAreCounted() {
    InProcess.Result done =
        InProcess.run(
            "bench",
            "round",
            "--tiny",
            "--case",
            "cooperative:64x32:2",
            "--batches",
            2,
            "--rounds",
            1,
            "--no-peer",
            "--cache",
            folder.resolve("cache"),
            "--output",
            folder.resolve("round"),
            "--json");

    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();
    List<JsonNode> objects = done.out().lines().map(Json::parse).toList();
    assertThat(objects).hasSize(3);
    List<JsonNode> rounds = objects.subList(0, 2);
    JsonNode summary = objects.get(2);
    double share = rounds.get(0).get("overhead_share").asDouble();
    assertThat(summary.get("overhead_share").asDouble()).isEqualTo(share);
    assertThat(summary.get("overhead_share_holds").asBoolean()).isEqualTo(share <= 0.1);
    assertThat(summary.has("ratio")).as("there was no peer").isFalse();
    assertThat(rounds).extracting(round -> round.get("last").asText()).containsExactly("no", "yes");
    for (JsonNode round : rounds) {
      assertThat(round.get("bytes").asLong()).isGreaterThan(1_000_000);
      assertThat(round.get("compute_s").asDouble()).isPositive();
      assertThat(round.get("overhead_share").asDouble()).isBetween(0.0, 1.0);
      assertThat(round.get("part_aggregate_s").asDouble()).isPositive();
      assertThat(round.get("node_in").asLong()).as("all in one process").isZero();
      assertThat(round.has("ratio")).as("there was no peer").isFalse();
    }
  }

  /**
   * Bytes that go through the driver do not grow with the workers, by CoGaze's own counters and by
   * those of the operating system, and those of the busiest node not faster than their logarithm.
   * Every byte but a few thousand of bookkeeping belongs to the state, so that what holds for its 5
   * MB holds for 800.
   */
  @Test
  @Tag("cluster")
  void bytesThroughTheDriverDoNotGrowWithTheWorkersAndThoseOfANodeNotFasterThanTheirLogarithm() {
    traffic("1,2,4");
  }

  @Test
  @Tag("long")
  void eightWorkersSendNoMoreThroughTheDriverThanOne() {
    traffic("1,2,4,8");
  }

  @Test
  @Tag("cluster")
  void executorsOfOneMachineReadEachOthersMemory() {
    assumeTrue(Files.isDirectory(Path.of("/dev/shm")), "this system has no memory to share");
    Completed done =
        new Cogaze()
            .run(
                "bench",
                "scaling",
                "--workers",
                2,
                "--rounds",
                1,
                "--output",
                folder.resolve("shared"),
                "--json")
            .expect(0);

    JsonNode point =
        done.out().lines().filter(line -> line.startsWith("{")).map(Json::parse).findFirst().get();
    // The shares that two executors take in differ by a block of values.
    assertThat(point.get("shared").asDouble() / point.get("bytes").asDouble())
        .as("what both executors and the driver took in, over the bytes of the state")
        .isBetween(2.99, 3.01);
  }

  /** Without memory that is shared, so that the operating system's count is all there is. */
  private void traffic(String workers) {
    Completed done =
        new Cogaze()
            .spark("--conf", "spark.cogaze.exchange.sharedMemory=false")
            .run(
                "bench",
                "scaling",
                "--workers",
                workers,
                "--rounds",
                3,
                "--output",
                folder.resolve("scaling"),
                "--json")
            .expect(0);
    List<JsonNode> points =
        done.out().lines().filter(line -> line.startsWith("{")).map(Json::parse).toList();

    assertThat(points).hasSize(workers.split(",").length);
    for (JsonNode point : points) {
      double bytes = point.get("bytes").asDouble();
      assertThat(point.get("shared").asLong()).isZero();
      int count = point.get("workers").asInt();
      assertThat(bytes).isBetween(3e6, 5.5e6);
      assertThat((point.get("driver_in").asDouble() + point.get("driver_out").asDouble()) / bytes)
          .as("bytes through the driver with " + count + " workers, over those of the state")
          .isBetween(0.99, 1.01);
      // Copying goes on across the ends of the rounds, so that a part of one is counted or missed.
      assertThat(point.get("driver_read").asDouble() / bytes).isBetween(0.3, 2.1);
      assertThat(point.get("driver_written").asDouble() / bytes).isBetween(0.0, 0.3);
      double grows = 1 + Math.log(count) / Math.log(2);
      // A ring's 2 (K - 1) / K each way, and of what the driver takes the node's share.
      assertThat(point.get("node_in").asDouble() / bytes).isLessThanOrEqualTo(2.01);
      assertThat(point.get("node_out").asDouble() / bytes).isLessThanOrEqualTo(2.01);
      assertThat((point.get("node_in").asDouble() + point.get("node_out").asDouble()) / bytes)
          .as("bytes of the busiest of " + count + " nodes, over those of the state")
          .isLessThanOrEqualTo(2.1 * grows);
    }
    assertThat(points.get(points.size() - 1).get("node_in").asDouble())
        .as("executors send to each other")
        .isPositive();
  }
}
