package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Spark hands out graphics processors that a script made up; no real one is needed. */
@Tag("cluster")
class GpuExecutorsTest {
  @AfterEach
  void removeExecutorFolders() throws IOException {
    Folders.delete(Project.sparkHome().resolve("work"));
  }

  @Test
  void twoTaskSlotsOfAnExecutorHaveTheAddressesThatSparkGaveThem() throws IOException {
    Folders.delete(Project.sparkHome().resolve("work"));
    Path folder = SmallPipeline.scratch("gpu");
    Path script = folder.resolve("gpus.sh");
    Files.writeString(
        script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));

    SmallPipeline.cogaze()
        .master("local-cluster[1,2,2048]")
        .spark(
            "--conf",
            "spark.worker.resource.gpu.amount=2",
            "--conf",
            "spark.worker.resource.gpu.discoveryScript=" + script,
            "--conf",
            "spark.executor.resource.gpu.amount=2",
            "--conf",
            "spark.task.resource.gpu.amount=1")
        .run(
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            SmallPipeline.shards(),
            "--run",
            folder.resolve("run"),
            "--config",
            SmallPipeline.configuration(),
            "--stages",
            "contrast",
            "--set",
            "recipe.stages.contrast.epochs=1")
        .expect(0);

    assertThat(executorLog())
        .contains("Spark gave GPU 0 to a task, but this build computes on CPUs")
        .contains("Spark gave GPU 1 to a task, but this build computes on CPUs");
  }

  private static String executorLog() throws IOException {
    try (Stream<Path> files = Files.walk(Project.sparkHome().resolve("work"))) {
      StringBuilder text = new StringBuilder();
      for (Path log : files.filter(file -> file.endsWith("stderr")).toList()) {
        text.append(Files.readString(log));
      }
      return text.toString();
    }
  }
}
