package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.jobs.InProcess;
import io.cogaze.run.RunLock;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Steps that run again: after success, with other settings, after a kill, and side by side. */
class RerunTest {

  @Test
  void synthesizeAgainChangesNothingAndAnotherSeedIsRefused() {
    Path data = SmallPipeline.copyOfData("synthesize-again");
    SortedMap<String, String> before = kept(data);
    assertThat(again("synthesize", data, "--images", 40, "--seed", 7)).contains("there already");
    assertThat(kept(data)).isEqualTo(before);
    String refused = refused("synthesize", data, "--images", 40, "--seed", 8);
    assertThat(refused).contains("seed: there 7, now 8").contains("--overwrite");
    assertThat(kept(data)).isEqualTo(before);
  }

  @Test
  void preprocessAgainChangesNothingAnotherSettingIsRefusedAndOverwriteReplaces() {
    Path shards = SmallPipeline.scratch("preprocess-again").resolve("shards");
    Folders.copy(SmallPipeline.shards(), shards);
    SortedMap<String, String> before = kept(shards);
    Object[] command = {"--input", SmallPipeline.data(), "--dataset", "egd-cxr"};
    assertThat(again("preprocess", shards, command)).contains("there already");
    assertThat(kept(shards)).isEqualTo(before);

    Object[] changed = plus(command, "--set", "preprocess.gaze.sigma-px=60");
    assertThat(refused("preprocess", shards, changed))
        .contains("preprocess.gaze.sigma-px: there 75.5, now 60")
        .contains("--overwrite");
    assertThat(kept(shards)).isEqualTo(before);

    again("preprocess", shards, plus(changed, "--overwrite"));
    assertThat(contentHash(shards)).isNotEqualTo(contentHash(SmallPipeline.shards()));
    assertListed(shards);
  }

  @Test
  void trainAgainTrainsNothingAndAnotherSettingIsRefused() {
    Path run = copyOfRun("train-again");
    SortedMap<String, String> before = kept(run.resolve("stages"));
    Object[] command = {"--recipe", "cooperative-small", "--shards", SmallPipeline.shards()};
    String out = again("train", run, plus(command, "--set", "train.seed=5"));
    assertThat(out.lines().filter(line -> line.contains("was done already"))).hasSize(4);
    assertThat(kept(run.resolve("stages"))).isEqualTo(before);
    assertThat(Json.summary(run).path("state").asText()).isEqualTo("already-done");
    assertThat(Json.summary(run).path("metrics").path("auroc_macro").isNumber())
        .as("what evaluate found stays on top")
        .isTrue();

    assertThat(refused("train", run, plus(command, "--set", "train.seed=6")))
        .contains("train.seed: there 5, now 6")
        .contains("--overwrite");
    assertThat(kept(run.resolve("stages"))).isEqualTo(before);
  }

  @Test
  void evaluateAgainChangesNothingAndAnotherSettingIsRefused() {
    Path run = copyOfRun("evaluate-again");
    SortedMap<String, String> before = kept(run.resolve("evaluation"));
    Object[] command = {"--shards", SmallPipeline.shards(), "--split", "test"};
    assertThat(again("evaluate", run, command)).contains("there already");
    assertThat(kept(run.resolve("evaluation"))).isEqualTo(before);
    assertThat(refused("evaluate", run, plus(command, "--set", "evaluate.bootstrap-resamples=101")))
        .contains("bootstrap-resamples: there 100, now 101")
        .contains("--overwrite");
    assertThat(kept(run.resolve("evaluation"))).isEqualTo(before);
  }

  @Test
  void whoeverWritesIntoARunNotesItInItsSummaryBeforeOthersMay() throws IOException {
    Path run = copyOfRun("summary-under-lock");
    Object[] train = {"--recipe", "cooperative-small", "--shards", SmallPipeline.shards()};
    again("train", run, plus(train, "--set", "train.seed=5"));
    assertNotedBeforeRelease(run, "train");
    again("evaluate", run, "--shards", SmallPipeline.shards(), "--split", "test");
    assertNotedBeforeRelease(run, "evaluate");
    again("report", run);
    assertNotedBeforeRelease(run, "report");
  }

  @Test
  void aReportOnARunThatSomeoneElseWritesToIsRefusedAndChangesNothing() throws IOException {
    Path run = copyOfRun("report-held");
    SortedMap<String, String> before = kept(run);
    org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
    org.apache.hadoop.fs.Path held = new org.apache.hadoop.fs.Path(run.toUri());
    try (RunLock lock = RunLock.acquire(held.getFileSystem(hadoop), held, "train")) {
      for (String command : List.of("report", "demo")) {
        Object[] words =
            command.equals("demo")
                ? new Object[] {"demo", "--output", run}
                : new Object[] {"report", "--run", run};
        InProcess.Result refused = InProcess.run(words);
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(3);
        assertThat(refused.err())
            .contains("another process is writing there")
            .contains("process " + ProcessHandle.current().pid())
            .contains("command: train")
            .doesNotContain("\tat ");
      }
      lock.check();
    }
    assertThat(kept(run)).isEqualTo(before);
  }

  @Test
  void everyCommandThatWritesTakesTheLimitOfItsLockFromTheConfiguration() throws IOException {
    Path data = SmallPipeline.copyOfData("lock-limit");
    Object[] limit = {"--set", "run.lock-stale-after-seconds=33"};
    again("synthesize", data, plus(limit, "--images", 40, "--seed", 7));
    assertThat(holder(data).path("stale_after_seconds").asInt()).isEqualTo(33);
    Path shards = data.resolveSibling("shards");
    again("preprocess", shards, plus(limit, "--input", data));
    assertThat(holder(shards).path("stale_after_seconds").asInt()).isEqualTo(33);
    Path run = copyOfRun("lock-limit-run");
    again("report", run, limit);
    assertThat(holder(run).path("stale_after_seconds").asInt()).isEqualTo(33);
  }

  @Test
  void aKilledPreprocessLeavesNothingThatCountsAndTheNextRunGivesTheSameShards() throws Exception {
    Path folder = SmallPipeline.scratch("preprocess-killed");
    Path shards = folder.resolve("shards");
    Object[] command = {
      "preprocess",
      "--input",
      SmallPipeline.data(),
      "--output",
      shards,
      "--config",
      SmallPipeline.configuration()
    };
    killedOnce(folder, () -> holdsFile(shards.resolve("data"), ".parquet"), command);
    assertThat(shards.resolve("manifest.json")).doesNotExist();
    InProcess.Result tooEarly =
        InProcess.run(
            "train",
            "--recipe",
            "cooperative-small",
            "--shards",
            shards,
            "--run",
            folder.resolve("run"));
    assertThat(tooEarly.exitCode()).isEqualTo(2);
    assertThat(tooEarly.err()).contains("manifest.json").contains("fix:").doesNotContain("\tat ");

    SmallPipeline.cogaze().run(command).expect(0);

    assertThat(contentHash(shards)).isEqualTo(contentHash(SmallPipeline.shards()));
    assertThat(pages(shards)).isEqualTo(pages(SmallPipeline.shards()));
    assertListed(shards);
  }

  @Test
  void aKilledTrainingGoesOnToTheSameParametersAndAHeldRunFolderIsRefused() throws Exception {
    Path folder = SmallPipeline.scratch("train-killed");
    Path run = folder.resolve("run");
    Object[] command = {
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
    Path log = folder.resolve("first.txt");
    Process first = SmallPipeline.cogaze().start(log, command);
    try {
      awaitOrShow(first, log, () -> Checkpoints.newest(run, "contrast") > 0);
      // Asleep, not dead: it holds the folder, as a long pause of garbage collection would.
      signal("STOP", first);
      JsonNode holder = holder(run);
      assertThat(holder.path("pid").asLong()).isEqualTo(first.pid());

      InProcess.Result second = InProcess.run(command);
      assertThat(second.exitCode()).isEqualTo(3);
      assertThat(second.err())
          .contains("another process is writing there")
          .contains(InetAddress.getLocalHost().getHostName())
          .contains("process " + first.pid())
          .contains("started " + first.toHandle().info().startInstant().orElseThrow())
          .contains("command: train")
          .doesNotContain("\tat ");
    } finally {
      Programs.kill(first);
    }
    assertThat(run.resolve("stages/fuse/manifest.json")).doesNotExist();
    assertThat(run.resolve("summary.json")).doesNotExist();
    Checkpoints.assertReadable(run);
    // It may have come further before it was stopped.
    int newest = Checkpoints.newest(run, "contrast");
    boolean finished = Checkpoints.isFinished(run, "contrast");

    // Each stage may be an application of its own.
    SmallPipeline.cogaze().run(plus(command, "--stages", "contrast,classify")).expect(0);
    JsonNode contrast = stages(run).path("contrast");
    assertThat(contrast.path("already_done").asBoolean()).isEqualTo(finished);
    assertThat(contrast.path("resumed_from_epoch").asInt()).isEqualTo(finished ? 0 : newest);
    assertThat(run.resolve("stages/saliency")).doesNotExist();
    SmallPipeline.cogaze().run(plus(command, "--stages", "saliency,fuse")).expect(0);

    for (String stage : List.of("contrast", "classify", "saliency", "fuse")) {
      assertThat(parameters(run, stage))
          .as(stage)
          .isEqualTo(parameters(SmallPipeline.run(), stage));
    }
  }

  private static void killedOnce(Path folder, BooleanSupplier halfWay, Object... command) {
    Path log = folder.resolve("killed.txt");
    Process process = SmallPipeline.cogaze().start(log, command);
    try {
      awaitOrShow(process, log, halfWay);
    } finally {
      Programs.kill(process);
    }
  }

  private static void awaitOrShow(Process process, Path log, BooleanSupplier condition) {
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> condition.getAsBoolean() || !process.isAlive());
    assertThat(process.isAlive()).as(() -> "still at work; it printed " + text(log)).isTrue();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static boolean holdsFile(Path folder, String suffix) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(suffix));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void signal(String name, Process process) {
    Programs.run(
            Project.root(),
            Map.of(),
            Duration.ofSeconds(20),
            List.of("bash", "-c", "kill -" + name + " " + process.pid()))
        .expect(0);
  }

  private static JsonNode holder(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("_lock"))) {
      return Json.read(
          files
              .filter(file -> file.getFileName().toString().matches("token-\\d+\\.json"))
              .findFirst()
              .orElseThrow());
    }
  }

  private static void assertNotedBeforeRelease(Path run, String command) throws IOException {
    assertThat(Json.summary(run).path("command").asText()).isEqualTo(command);
    assertThat(holder(run).path("command").asText()).isEqualTo(command);
    try (Stream<Path> files = Files.list(run.resolve("_lock"))) {
      Path released =
          files
              .filter(file -> file.getFileName().toString().startsWith("released-"))
              .findFirst()
              .orElseThrow();
      assertThat(Files.getLastModifiedTime(run.resolve("summary.json")))
          .isLessThanOrEqualTo(Files.getLastModifiedTime(released));
    }
  }

  private static JsonNode stages(Path run) {
    return Json.summary(run).path("commands").path("train").path("details").path("stages");
  }

  private static String parameters(Path run, String stage) {
    return Json.manifest(run.resolve("stages").resolve(stage))
        .path("body")
        .path("parameters_sha256")
        .asText();
  }

  private static String contentHash(Path shards) {
    return Json.manifest(shards).path("body").path("content_hash").asText();
  }

  /**
   * The data files up to their footers, in which Parquet's writer lists each column's encodings in
   * the order of their objects' addresses.
   */
  private static List<String> pages(Path shards) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(shards.resolve("data"))) {
      files = list.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
    assertThat(files).hasSize(5);
    List<String> pages = new ArrayList<>();
    for (Path file : files) {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int footer = bytes.getInt(bytes.capacity() - 8);
      int end = bytes.capacity() - 8 - footer;
      assertThat(end).as("bytes of pages in " + file).isGreaterThan(10_000);
      pages.add(Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), end)));
    }
    return pages;
  }

  /** Every file of the folder is in the manifest: nothing is left of earlier attempts. */
  private static void assertListed(Path shards) {
    Set<String> listed = new TreeSet<>();
    Json.manifest(shards).path("files").forEach(file -> listed.add(file.path("name").asText()));
    listed.add("manifest.json");
    listed.add("summary.json");
    assertThat(kept(shards).keySet()).containsExactlyElementsOf(listed);
  }

  /** Contents without locks and checksum files. */
  private static SortedMap<String, String> kept(Path folder) {
    SortedMap<String, String> contents = Folders.contents(folder);
    contents.keySet().removeIf(name -> name.startsWith("_lock/") || name.endsWith(".crc"));
    return contents;
  }

  private static Path copyOfRun(String name) {
    Path run = SmallPipeline.scratch(name).resolve("run");
    Folders.copy(SmallPipeline.run(), run);
    return run;
  }

  private static String again(String command, Path folder, Object... words) {
    InProcess.Result result = run(command, folder, words);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out();
  }

  private static String refused(String command, Path folder, Object... words) {
    InProcess.Result result = run(command, folder, words);
    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(1);
    assertThat(result.err()).doesNotContain("\tat ");
    return result.err();
  }

  private static InProcess.Result run(String command, Path folder, Object... words) {
    boolean onRun = List.of("train", "evaluate", "report").contains(command);
    Object[] start = {command, onRun ? "--run" : "--output", folder};
    return InProcess.run(plus(plus(start, words), "--config", SmallPipeline.configuration()));
  }

  private static Object[] plus(Object[] words, Object... more) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of(more));
    return all.toArray();
  }
}
