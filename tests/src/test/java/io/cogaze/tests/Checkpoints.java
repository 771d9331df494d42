package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.run.Manifest;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StageLayout;
import io.cogaze.train.checkpoint.CheckpointStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/** The checkpoints of a run folder as the next start of {@code train} sees them. */
final class Checkpoints {
  private Checkpoints() {}

  /** The newest epoch of a stage that training would go on from, 0 if there is none. */
  static int newest(Path run, String stage) {
    return store(run, stage).newestUsable().orElse(0);
  }

  /** Whether a stage was trained to its end. */
  static boolean isFinished(Path run, String stage) {
    return Manifest.readIfPresent(local(), layout(run, stage).folder()).isPresent();
  }

  /** Every checkpoint of the run that a manifest lists is whole. */
  static void assertReadable(Path run) {
    Path stages = run.resolve("stages");
    if (!Files.isDirectory(stages)) {
      return;
    }
    try (Stream<Path> folders = Files.list(stages)) {
      for (Path stage : folders.toList()) {
        CheckpointStore store = store(run, stage.getFileName().toString());
        for (int epoch : store.epochs()) {
          assertThat(store.damage(epoch)).as("%s, epoch %d", stage, epoch).isEmpty();
          assertThat(store.read(epoch).state().epoch()).isEqualTo(epoch);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hash of a finished stage's parameters. */
  static String parameters(Path run, String stage) {
    String hash =
        Json.manifest(run.resolve("stages").resolve(stage))
            .path("body")
            .path("parameters_sha256")
            .asText();
    assertThat(hash).as("parameters of stage " + stage).matches("[0-9a-f]{64}");
    return hash;
  }

  private static CheckpointStore store(Path run, String stage) {
    return new CheckpointStore(local(), layout(run, stage));
  }

  private static StageLayout layout(Path run, String stage) {
    return new RunLayout(new org.apache.hadoop.fs.Path(run.toUri())).stage(stage);
  }

  private static FileSystem local() {
    try {
      return FileSystem.getLocal(new Configuration());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
