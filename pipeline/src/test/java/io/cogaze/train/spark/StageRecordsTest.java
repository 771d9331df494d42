package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.shard.JobNames;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.event.ReadEvent;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.TrainSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stage leaves for whoever looks at training. */
final class StageRecordsTest {
  private static final String STAGE = "contrast";
  private static final int EXAMPLES = 53;
  private static final int EPOCHS = 3;

  @TempDir static Path folder;
  private static URI shards;
  private static RunLayout run;
  private static JobNames jobs;

  @BeforeAll
  static void train() throws IOException, TimeoutException {
    shards = TrainingShards.write(folder.resolve("shards"), EXAMPLES, 9, 64, 64);
    run = new RunLayout(new org.apache.hadoop.fs.Path(folder.resolve("run").toUri()));
    jobs =
        JobNames.during(
            TestSpark.session().sparkContext(), () -> train(run, TestRecipes.settings(2)));
  }

  @Test
  void eachRoundHasARowWhosePartsAreNotNegativeAndSumToItsWallTime() throws IOException {
    List<RoundRow> rows = rows(run.stage(STAGE).rounds(), RoundRow.TABLE);

    assertThat(rows).hasSizeGreaterThan(2 * EPOCHS);
    assertThat(rows).extracting(RoundRow::run).containsOnly("run");
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
      int wanted = epoch;
      List<RoundRow> ofEpoch = rows.stream().filter(row -> row.epoch() == wanted).toList();
      assertThat(ofEpoch)
          .extracting(RoundRow::round)
          .containsExactlyElementsOf(IntStream.rangeClosed(1, ofEpoch.size()).boxed().toList());
      assertThat(ofEpoch.stream().mapToLong(RoundRow::examples).sum()).isEqualTo(EXAMPLES);
    }
    for (RoundRow row : rows) {
      RoundRow.Parts parts = row.parts();
      List<Double> each =
          List.of(
              parts.compute(),
              parts.readWait(),
              parts.serialise(),
              parts.aggregate(),
              parts.broadcast(),
              parts.idle());
      assertThat(each).as(row.toString()).allMatch(part -> part >= 0);
      assertThat(each.stream().mapToDouble(Double::doubleValue).sum())
          .isCloseTo(row.seconds(), within(1e-8));
      assertThat(List.of(parts.compute(), parts.serialise(), parts.aggregate(), parts.broadcast()))
          .as("each of these takes some time: " + row)
          .allMatch(part -> part > 0);
      assertThat(row.speedUp()).isPositive().isLessThanOrEqualTo(2);
      assertThat(row.examplesPerSecond())
          .isCloseTo(row.examples() / row.seconds(), within(1e-6 * row.examplesPerSecond()));
      assertThat(row.bytesDriver()).as("all in one process").isZero();
    }
    assertThat(rows.get(0).secondsLeft()).isPositive();
  }

  @Test
  void rowGroupsThatTrainingReadsAreCountedAndHardlyAnyIsReadTwiceWhereTheCacheHoldsThem()
      throws IOException {
    RunLayout many = new RunLayout(new org.apache.hadoop.fs.Path(folder.resolve("many").toUri()));
    URI four = TrainingShards.write(folder.resolve("four"), 4, 250, 9, 64, 64);
    long stored =
        ShardSet.open(new Configuration(), four).index().stream()
            .filter(entry -> entry.split() == Split.TRAIN)
            .map(entry -> entry.file() + "#" + entry.rowGroup())
            .distinct()
            .count();

    train(many, four, TestRecipes.first(1, 2), TestRecipes.settings(8));

    List<RoundRow> rows = rows(many.stage(STAGE).rounds(), RoundRow.TABLE);
    assertThat(rows).first().extracting(RoundRow::workers).isEqualTo(8);
    assertThat(read(rows, 1) / (double) stored)
        .as("row groups read per row group stored")
        .isBetween(1.0, 1.2);
    assertThat(read(rows, 2)).as("row groups that are cached").isZero();
  }

  private static long read(List<RoundRow> rows, int epoch) {
    return rows.stream()
        .filter(row -> row.epoch() == epoch)
        .mapToLong(RoundRow::rowGroupsRead)
        .sum();
  }

  @Test
  void eachExecutorHasARowOfItsMemoryInEachRound() throws IOException {
    List<MemoryRow> rows = rows(run.stage(STAGE).memory(), MemoryRow.TABLE);

    assertThat(rows).hasSameSizeAs(rows(run.stage(STAGE).rounds(), RoundRow.TABLE));
    assertThat(rows)
        .allSatisfy(
            row -> {
              assertThat(row.memory().executor()).isEqualTo("driver");
              assertThat(row.memory().heapMax()).isEqualTo(Runtime.getRuntime().maxMemory());
              assertThat(row.memory().heapUsed()).isPositive();
              assertThat(row.memory().nativeArrays()).isPositive();
            });
  }

  @Test
  void everyJobIsNamedAfterStageEpochAndRound() {
    // A round has a job that trains and one that averages.
    assertThat(jobs.descriptions().stream().distinct())
        .startsWith(
            "stage contrast, epoch 1, plan",
            "stage contrast, epoch 1, round 1 of 3",
            "stage contrast, epoch 1, round 2 of 3")
        .contains("stage contrast, epoch 3, round 1 of 3")
        .endsWith(
            "stage contrast, epoch 3, validation",
            "stage contrast, end: executors drop its networks");
    assertThat(jobs.groups().stream().distinct())
        .startsWith("contrast/1/plan", "contrast/1/1", "contrast/1/2")
        .endsWith("contrast/3/validation", "contrast/end")
        .allMatch(group -> group.startsWith("contrast/"));
  }

  @Test
  void eventFilesHoldEveryRoundAndEpochOnce() throws IOException {
    List<ReadEvent> events = events(run);
    List<RoundRow> rounds = rows(run.stage(STAGE).rounds(), RoundRow.TABLE);

    assertThat(events)
        .filteredOn(event -> event.scalars().containsKey("round/loss"))
        .extracting(ReadEvent::step)
        .containsExactlyElementsOf(steps(rounds.size()));
    assertThat(events)
        .filteredOn(event -> event.scalars().containsKey("train/loss"))
        .hasSize(EPOCHS)
        .extracting(ReadEvent::step)
        .containsExactlyElementsOf(steps(EPOCHS));
    assertThat(events).noneMatch(ReadEvent::sessionStart);
    assertThat(events.get(0).scalars())
        .containsKeys(
            "round/loss",
            "round/loss_embedding",
            "round/examples_per_second",
            "round/speed_up",
            "round_seconds/compute",
            "round_seconds/read_wait",
            "round_seconds/serialise",
            "round_seconds/aggregate",
            "round_seconds/broadcast",
            "round_seconds/idle")
        .containsEntry("round_seconds/all", (float) rounds.get(0).seconds());
    assertThat(events.get(events.size() - 1).scalars())
        .containsKeys("train/loss_embedding", "train/learning_rate", "valid/loss");
    assertThat(events).extracting(ReadEvent::wallTime).isSorted().allMatch(time -> time > 1.7e9);
  }

  @Test
  void aStageThatGoesOnAfterACheckpointReplacesWhatItDoesAgain() throws IOException {
    RunLayout other = new RunLayout(new org.apache.hadoop.fs.Path(folder.resolve("on").toUri()));
    train(other, TestRecipes.settings(2));
    StageLayout stage = other.stage(STAGE);
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    try (RunLock lock = RunLock.acquire(fs(), other.root(), "test")) {
      new CheckpointStore(fs(), stage).retain(List.of(1), lock);
    }
    // A death over writing these leaves none; the files say themselves whether they are whole.
    for (org.apache.hadoop.fs.Path lost : List.of(stage.rounds(), other.tensorboard(STAGE))) {
      fs().delete(new org.apache.hadoop.fs.Path(lost, "manifest.json"), false);
    }
    // What an attempt that was killed while it wrote leaves, by a name that no manifest lists.
    Path stray =
        folder.resolve("on/tensorboard/contrast/events.out.tfevents.00002-" + "0".repeat(32));
    Files.write(stray, new byte[] {1});

    train(other, TestRecipes.settings(2));

    List<RoundRow> rounds = rows(stage.rounds(), RoundRow.TABLE);
    assertThat(rounds).hasSameSizeAs(rows(run.stage(STAGE).rounds(), RoundRow.TABLE));
    List<ReadEvent> events = events(other);
    assertThat(events)
        .filteredOn(event -> event.scalars().containsKey("round/loss"))
        .extracting(ReadEvent::step)
        .containsExactlyElementsOf(steps(rounds.size()));
    assertThat(events)
        .filteredOn(event -> event.scalars().containsKey("train/loss"))
        .extracting(ReadEvent::step)
        .containsExactlyElementsOf(steps(EPOCHS));
    assertThat(events)
        .filteredOn(ReadEvent::sessionStart)
        .extracting(ReadEvent::step)
        .as("the first round of the second epoch")
        .containsExactly(4L);
    assertThat(losses(events)).as("a resumed run gives the same").isEqualTo(losses(events(run)));
    assertThat(stray).doesNotExist();
  }

  @Test
  void eventFilesCanBeLeftOut() throws IOException {
    RunLayout other = new RunLayout(new org.apache.hadoop.fs.Path(folder.resolve("off").toUri()));
    TrainSettings with = TestRecipes.settings(2);
    train(
        other,
        new TrainSettings(
            with.seed(),
            with.workers(),
            with.nativeThreads(),
            with.shuffleWindow(),
            with.exampleCacheMb(),
            with.validationBatchSize(),
            with.cacheFrozenFeatures(),
            with.averagingSlices(),
            false,
            with.checkpoints()));

    assertThat(folder.resolve("off/tensorboard")).doesNotExist();
    assertThat(rows(other.stage(STAGE).rounds(), RoundRow.TABLE)).isNotEmpty();
  }

  private static List<Float> losses(List<ReadEvent> events) {
    return events.stream()
        .map(event -> event.scalars().get("round/loss"))
        .filter(loss -> loss != null)
        .toList();
  }

  private static List<Long> steps(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(Long::valueOf).toList();
  }

  /** The events of the files in the order of their names, as TensorBoard takes them. */
  private static List<ReadEvent> events(RunLayout layout) throws IOException {
    List<Path> files;
    try (var found = Files.list(Path.of(layout.tensorboard(STAGE).toUri()))) {
      files =
          found
              .filter(file -> file.getFileName().toString().contains("tfevents"))
              .sorted()
              .toList();
    }
    assertThat(files).hasSize(EPOCHS);
    List<ReadEvent> events = new ArrayList<>();
    for (Path file : files) {
      events.addAll(ReadEvent.all(Files.readAllBytes(file)));
    }
    return events;
  }

  private static <T> List<T> rows(org.apache.hadoop.fs.Path tables, ParquetTable<T> table)
      throws IOException {
    List<T> rows = new ArrayList<>();
    for (ManifestFile file : Manifest.read(fs(), tables).files()) {
      rows.addAll(
          table.readAll(new Configuration(), new org.apache.hadoop.fs.Path(tables, file.name())));
    }
    return rows;
  }

  private static void train(RunLayout layout, TrainSettings settings) {
    train(layout, shards, TestRecipes.first(1, EPOCHS), settings);
  }

  private static void train(RunLayout layout, URI examples, Recipe recipe, TrainSettings settings) {
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            layout.root(), examples, recipe, settings, List.of(), false, LockSettings.DEFAULT));
  }

  private static FileSystem fs() throws IOException {
    return FileSystem.getLocal(new Configuration());
  }
}
