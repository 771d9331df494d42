package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The whole training, killed again and again. */
@Tag("long")
class KilledTrainingTest {
  private static final int KILLS = 10;
  private static final List<String> STAGES = List.of("contrast", "classify", "saliency", "fuse");

  /** The longest that a process lives after it took the run folder's lock. */
  private static final int LONGEST_LIFE_MS = 5000;

  @Test
  void aDriverThatIsKilledAtTenRandomMomentsEndsInTheSameParameters() throws Exception {
    Path folder = SmallPipeline.scratch("killed-often");
    Path log = folder.resolve("log.txt");
    Random random = new Random(4);
    int runs = 1;
    int kills = 0;
    while (kills < KILLS) {
      Path run = folder.resolve("run-" + runs);
      Process process = SmallPipeline.cogaze().start(log, command(run));
      try {
        await()
            .atMost(Duration.ofMinutes(3))
            .pollInterval(Duration.ofMillis(10))
            .until(() -> isHeldBy(run, process.pid()) || !process.isAlive());
        if (!process.waitFor(random.nextInt(LONGEST_LIFE_MS), TimeUnit.MILLISECONDS)) {
          Programs.kill(process);
          kills++;
        }
      } finally {
        Programs.kill(process);
      }
      Checkpoints.assertReadable(run);
      if (Files.exists(run.resolve("summary.json"))) {
        finish(run);
        runs++;
      }
    }
    finish(folder.resolve("run-" + runs));
  }

  private static void finish(Path run) {
    SmallPipeline.cogaze().run(command(run)).expect(0);
    for (String stage : STAGES) {
      assertThat(Checkpoints.parameters(run, stage))
          .as("%s of %s", stage, run)
          .isEqualTo(Checkpoints.parameters(SmallPipeline.run(), stage));
    }
  }

  private static boolean isHeldBy(Path run, long pid) {
    if (!Files.isDirectory(run.resolve("_lock"))) {
      return false;
    }
    try (Stream<Path> files = Files.list(run.resolve("_lock"))) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches("token-\\d+\\.json")
            && Files.readString(file).contains("\"pid\" : " + pid + ",")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      // A file that went while they were listed.
      return false;
    }
  }

  private static Object[] command(Path run) {
    return new Object[] {
      "train",
      "--recipe",
      "cooperative-small",
      "--shards",
      SmallPipeline.shards(),
      "--run",
      run,
      "--set",
      "train.seed=5",
      "--config",
      SmallPipeline.configuration()
    };
  }
}
