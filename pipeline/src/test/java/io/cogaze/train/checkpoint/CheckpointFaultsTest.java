package io.cogaze.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.run.ConfigStamp;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Provenance;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.run.Versions;
import io.cogaze.train.FaultyFileSystem;
import io.cogaze.train.Folders;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.plan.Schedule;
import io.cogaze.weights.ParametersHash;
import io.cogaze.weights.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint's commit and the deletion of old ones, with a fault at each file-system call. */
final class CheckpointFaultsTest {
  private static final ConfigStamp STAMP = new ConfigStamp("hash", new TreeMap<>());
  private static final int BEST = 1;

  @TempDir private Path temporary;

  @AfterEach
  void disarm() {
    FaultyFileSystem.disarm();
  }

  @Test
  void aDriverThatDiesAtAnyCallOfACommitLeavesOnlyWholeCheckpoints() throws IOException {
    int calls = everyCall(FaultyFileSystem::diesAt);
    assertThat(calls)
        .as("calls of one commit and the deletion of old checkpoints")
        .isBetween(80, 500);
  }

  @Test
  void aDiskThatIsFullFromAnyCallOnLeavesOnlyWholeCheckpoints() throws IOException {
    everyCall(number -> FaultyFileSystem.fullFrom(number, false));
  }

  @Tag("cluster")
  @Test
  void aFullDiskThatIsAnErrorOfHadoopLeavesOnlyWholeCheckpoints() throws IOException {
    everyCall(number -> FaultyFileSystem.fullFrom(number, true));
  }

  @Test
  void aFolderThatIsReadOnlyFromAnyCallOnLeavesOnlyWholeCheckpoints() throws IOException {
    everyCall(FaultyFileSystem::readOnlyFrom);
  }

  /** Makes a fault. */
  private interface At {
    FaultyFileSystem.Fault call(int number);
  }

  private int everyCall(At fault) throws IOException {
    FileSystem faulty = FaultyFileSystem.open();
    FileSystem plain = FileSystem.getLocal(new Configuration());
    Path before = temporary.resolve("before");
    try (RunLock lock = lock(before)) {
      CheckpointStore store = new CheckpointStore(faulty, layout(before));
      store.write(content(1), STAMP, lock);
      store.write(content(2), STAMP, lock);
    }
    boolean survived = false;
    int number = 0;
    int failures = 0;
    while (!survived) {
      number++;
      String what = "fault at call " + number;
      Path run = temporary.resolve("run-" + number);
      Folders.copy(before, run);
      boolean written = false;
      try (RunLock lock = lock(run)) {
        CheckpointStore store = new CheckpointStore(faulty, layout(run));
        FaultyFileSystem.arm(fault.call(number));
        try {
          store.write(content(3), STAMP, lock);
          written = true;
          store.retain(List.of(BEST, 3), lock);
          survived = FaultyFileSystem.disarm().size() < number;
        } catch (RuntimeException | FSError e) {
          failures++;
          assertThat(everyCause(e)).as(what).containsAnyOf("killed", "No space", "Read-only");
        } finally {
          FaultyFileSystem.disarm();
        }
      }

      CheckpointStore after =
          new CheckpointStore(
              plain, new StageLayout(new org.apache.hadoop.fs.Path(stage(run).toUri())));
      for (int epoch : after.epochs()) {
        assertThat(after.damage(epoch)).as("%s: a listed checkpoint, %d", what, epoch).isEmpty();
        assertThat(hash(after.read(epoch))).as(what).isEqualTo(hash(content(epoch)));
      }
      assertThat(after.epochs()).as(what).contains(BEST);
      assertThat(after.newestUsable().orElseThrow()).as(what).isBetween(written ? 3 : 2, 3);

      CheckpointStore again = new CheckpointStore(faulty, layout(run));
      try (RunLock lock = lock(run)) {
        again.write(content(3), STAMP, lock);
        again.retain(List.of(BEST, 3), lock);
      }
      assertThat(after.epochs()).as(what).containsExactly(BEST, 3);
      assertThat(files(stage(run))).as(what).hasSize(2 * (5 + 1));
      Folders.delete(run);
    }
    assertThat(failures).isGreaterThan(10);
    return number;
  }

  @Test
  void aManifestWhoseChecksumsAreCutOffAnywhereIsWholeOrNoneButNoError() throws IOException {
    FileSystem plain = FileSystem.getLocal(new Configuration());
    Path run = temporary.resolve("cut");
    try (RunLock lock = lock(run)) {
      CheckpointStore store = new CheckpointStore(FaultyFileSystem.open(), layout(run));
      store.write(content(1), STAMP, lock);
      store.write(content(2), STAMP, lock);
    }
    CheckpointStore store =
        new CheckpointStore(
            plain, new StageLayout(new org.apache.hadoop.fs.Path(stage(run).toUri())));
    Path checksums = stage(run).resolve("checkpoints/0002/.manifest.json.crc");
    byte[] whole = Files.readAllBytes(checksums);
    int none = 0;
    for (int length = 0; length < whole.length; length++) {
      Files.write(checksums, Arrays.copyOf(whole, length));
      for (int epoch : store.epochs()) {
        assertThat(hash(store.read(epoch))).isEqualTo(hash(content(epoch)));
      }
      int newest = store.newestUsable().orElseThrow();
      assertThat(newest).isBetween(1, 2);
      none += newest == 1 ? 1 : 0;
    }
    assertThat(none).isPositive();
  }

  private static String everyCause(Throwable thrown) {
    StringBuilder text = new StringBuilder();
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      text.append(at).append('\n');
    }
    return text.toString();
  }

  private static RunLock lock(Path run) throws IOException {
    return RunLock.acquire(
        FaultyFileSystem.open(), FaultyFileSystem.path(run), "train", LockSettings.DEFAULT);
  }

  private static Path stage(Path run) {
    return run.resolve("stages/contrast");
  }

  private static StageLayout layout(Path run) {
    return new StageLayout(FaultyFileSystem.path(stage(run)));
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return new ArrayList<>(
          walk.filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString())
              .filter(name -> !name.endsWith(".crc"))
              .sorted()
              .toList());
    }
  }

  private static String hash(CheckpointStore.Content content) {
    return ParametersHash.sha256(content.tensors());
  }

  private static CheckpointStore.Content content(int epoch) {
    TreeMap<String, Tensors.Tensor> tensors = new TreeMap<>();
    tensors.put(
        "densenet.weight",
        new Tensors.Tensor(new long[] {2, 2}, new float[] {epoch, epoch + 0.5f, -epoch, 1}));
    return new CheckpointStore.Content(
        new ModelDescription(
            ModelDescription.FORMAT_VERSION,
            "contrast",
            TestRecipes.NETWORK,
            64,
            64,
            1,
            TrainingShards.CLASSES,
            List.of("EMBEDDING"),
            List.of("densenet"),
            Map.of()),
        new StageState(
            epoch, 4 * epoch, new Schedule.State(1e-3, BEST, 0.5, 0.5, 0, 0.5, 0), false, "", 0.5),
        Tensors.of(tensors),
        new float[] {epoch, 2, 3},
        new Provenance(
            new TreeMap<>(),
            STAMP.hash(),
            Versions.current(),
            new TreeMap<>(),
            "",
            1,
            2,
            new TreeMap<>()));
  }
}
