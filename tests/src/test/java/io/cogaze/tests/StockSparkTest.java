package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The jar under a Spark distribution as Apache ships it, submitted as schedulers submit. */
class StockSparkTest {
  /** Spark keeps a copy of the jar for each executor of local-cluster. */
  @AfterEach
  void removeExecutorFolders() throws java.io.IOException {
    Folders.delete(SparkHome.STOCK.folder().resolve("work"));
  }

  @Test
  void preprocessGivesTheSameShardsAsTheAssembledSpark() {
    givesTheSameShards("local[2]");
  }

  @Tag("cluster")
  @Test
  void preprocessOnTwoExecutorsGivesTheSameShards() {
    givesTheSameShards("local-cluster[2,1,2048]");
  }

  private static void givesTheSameShards(String master) {
    Path shards = SmallPipeline.scratch("stock").resolve("shards");
    SparkHome.STOCK
        .submit(
            master,
            "preprocess",
            "--input",
            SmallPipeline.data().toString(),
            "--output",
            shards.toString(),
            "--config",
            SmallPipeline.configuration().toString())
        .expect(0);
    JsonNode here = Json.manifest(shards).path("body");
    JsonNode there = Json.manifest(SmallPipeline.shards()).path("body");
    assertThat(here.path("content_hash").asText())
        .matches("[0-9a-f]{64}")
        .isEqualTo(there.path("content_hash").asText());
    assertThat(here.path("config_hash")).isEqualTo(there.path("config_hash"));
  }

  @Tag("cluster")
  @Test
  void trainingOnTwoExecutorsGivesTheBitsOfTrainingInOneProcess() {
    Path run = SmallPipeline.scratch("stock-train").resolve("run");
    SparkHome.STOCK
        .submit(
            "local-cluster[2,1,2048]",
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            SmallPipeline.shards().toString(),
            "--run",
            run.toString(),
            "--set",
            "train.seed=5",
            "--config",
            SmallPipeline.configuration().toString(),
            "--stages",
            "contrast,classify")
        .expect(0);
    for (String stage : java.util.List.of("contrast", "classify")) {
      String result = "stages/" + stage;
      JsonNode there = Json.manifest(SmallPipeline.run().resolve(result)).path("body");
      assertThat(Json.manifest(run.resolve(result)).path("body").path("parameters_sha256").asText())
          .as(stage)
          .matches("[0-9a-f]{64}")
          .isEqualTo(there.path("parameters_sha256").asText());
    }
  }
}
