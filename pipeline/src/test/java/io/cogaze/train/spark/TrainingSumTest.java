package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.run.LockSettings;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.ResourceSum;
import io.cogaze.train.plan.TrainSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainingSumTest {
  @TempDir Path folder;

  private TrainRequest request(URI shards, Recipe recipe) {
    return new TrainRequest(
        new org.apache.hadoop.fs.Path(folder.resolve("run").toUri()),
        shards,
        recipe,
        TestRecipes.settings(2),
        List.of(),
        false,
        LockSettings.DEFAULT);
  }

  private static ResourceSum sum(TrainRequest request, String master) {
    return TrainingSum.of(
        new SparkConf(false).set("spark.master", master).set("spark.executor.memory", "2g"),
        new Configuration(),
        request,
        ResourceSettings.DEFAULT,
        OptionalLong.of(2048));
  }

  @Test
  void aRecipeIsAddedUpFromItsShardsManifestWithoutASession() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 8, 4, 64, 64);
    ResourceSum sum = sum(request(shards, TestRecipes.cooperative(2)), "yarn");

    assertThat(sum.table())
        .contains("Java heap of the driver: ")
        .contains("index of 12 examples")
        .contains("largest heap of this JVM")
        .contains("memory outside the heap of each executor: ")
        .contains("checkpoints of stage fuse: 101 x ")
        .containsPattern("time: stage contrast: about 1 s of computing for 2 epochs")
        .containsOnlyOnce("time: reckoned for 2 workers at once")
        .contains("the log says what was measured from the first round on");
    assertThat(sum(request(shards, TestRecipes.cooperative(50_000)), "yarn").table())
        .as("by the examples that have a class")
        .containsPattern(
            "time: stage contrast: about ([2-9]|[1-9]\\d+) \\w+ of computing for 50000 epochs");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aCacheThatDoesNotHoldWhatIsShuffledTogetherIsSaid() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 40, 4, 64, 64);
    String again = "row groups are read again in later rounds";
    assertThat(sum(windowed(shards, 13, 0), "local[2]").table())
        .as("two tasks shuffle 13 examples of 16 KiB each, over rounds of 12")
        .contains("example-cache-mb = 0 is less than the 1 MiB of examples that 2 tasks")
        .contains(again);
    assertThat(sum(windowed(shards, 13, 1), "local[2]").table()).doesNotContain(again);
    assertThat(sum(windowed(shards, 12, 0), "local[2]").table())
        .as("each round shuffles what it uses")
        .doesNotContain(again);
  }

  private TrainRequest windowed(URI shards, int window, int cacheMb) {
    return new TrainRequest(
        new org.apache.hadoop.fs.Path(folder.resolve("run").toUri()),
        shards,
        TestRecipes.first(1, 1),
        new TrainSettings(
            7, 2, 1, window, cacheMb, 8, true, 0, true, new TrainSettings.Checkpoints(1, 1)),
        List.of(),
        false,
        LockSettings.DEFAULT);
  }

  @Test
  void theDiskNeedIsThatOfTheCheckpointsThatAreWritten() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 8, 4, 64, 64);
    TrainRequest request = request(shards, TestRecipes.first(1, 2));
    StageTrainer.train(TestSpark.session(), request);

    Path checkpoints = folder.resolve("run/stages/contrast/checkpoints");
    long values = 0;
    try (Stream<Path> files = Files.walk(checkpoints.resolve("0002"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("parameters") || name.startsWith("updater")) {
          values += Files.size(file);
        }
      }
    }
    long estimated = TrainingSum.needs(new Configuration(), request).get(0).checkpoint();
    assertThat((double) values)
        .as("names and shapes come on top")
        .isBetween((double) estimated, estimated + 20_000.0);
    assertThat(sum(request, "local[2]").table())
        .contains("time: stage contrast: finished")
        .doesNotContain("reckoned");
  }

  @Test
  void theTimeOnGraphicsProcessorsIsNotGuessed() throws IOException {
    URI shards = TrainingShards.write(folder.resolve("shards"), 8, 4, 64, 64);
    ResourceSum sum =
        TrainingSum.of(
            new SparkConf(false)
                .set("spark.master", "yarn")
                .set("spark.executor.memory", "2g")
                .set("spark.executor.resource.gpu.amount", "1")
                .set("spark.task.resource.gpu.amount", "1"),
            new Configuration(),
            request(shards, TestRecipes.first(1, 2)),
            ResourceSettings.DEFAULT,
            OptionalLong.of(2048));

    assertThat(sum.table())
        .contains("time: stage contrast: not known for graphics processors")
        .doesNotContain("reckoned");
  }
}
