package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.cogaze.error.RunException;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StageLayout;
import io.cogaze.train.FaultyFileSystem;
import io.cogaze.train.FaultyFileSystem.Call;
import io.cogaze.train.FaultyFileSystem.Kind;
import io.cogaze.train.Folders;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.plan.PlateauSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.Selection;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.plan.UpdaterSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stage whose run folder fails at chosen calls, or whose driver dies there. The stage goes back
 * to its best epoch, lowers its rate and stops early, so that all of that must be resumed too. A
 * death is simulated in two ways: every later call to the file system fails; and, without a chance
 * for any code to clean up, by what the disk held at that moment.
 */
final class TrainingFaultsTest {
  private static final int EPOCHS = 9;

  @TempDir private static Path folder;
  private static URI shards;
  private static List<Call> calls;
  private static List<State> states;
  private static TrainResult.StageResult whole;

  /** What the disk held just before a call. */
  private record State(Path folder, Call next) {}

  /** Trains once without a fault, and keeps what the disk held before each change of it. */
  @BeforeAll
  static void trainWhole() throws IOException {
    FaultyFileSystem.register(TestSpark.session().sparkContext().hadoopConfiguration());
    shards = TrainingShards.write(folder.resolve("shards"), 12, 9, 64, 64);
    Path run = folder.resolve("whole");
    List<State> kept = new ArrayList<>();
    FaultyFileSystem.arm(
        call -> {
          if (call.kind().isChange()
              && call.kind() != Kind.SET_PERMISSION
              && Files.exists(run.resolve("stages"))) {
            Path state = folder.resolve("state-%04d".formatted(kept.size()));
            Folders.copy(run, state);
            kept.add(new State(state, call));
          }
        });
    whole = train(FaultyFileSystem.path(run));
    calls = FaultyFileSystem.disarm();
    states = List.copyOf(kept);
  }

  @AfterEach
  void disarm() {
    FaultyFileSystem.disarm();
  }

  @Test
  void theStageGoesBackToItsBestEpochLowersItsRateAndStopsEarly() throws IOException {
    CheckpointStore store = store(folder.resolve("whole"));
    assertThat(whole.epochs()).isBetween(4, EPOCHS - 1);
    assertThat(whole.bestEpoch()).isLessThan(whole.epochs());
    assertThat(whole.stopReason()).contains("no better value for");
    assertThat(store.read(whole.epochs()).state().schedule().learningRate()).isLessThan(1e-3);
    assertThat(store.epochs()).containsExactly(whole.bestEpoch(), whole.epochs());
  }

  @Test
  void aDriverThatDiesAfterAnyEpochIsResumedToTheSameBits() throws IOException {
    int deaths = 0;
    for (int epoch = 1; epoch <= whole.epochs(); epoch++) {
      int last = epoch;
      Path state =
          states.stream()
              .map(State::folder)
              .filter(path -> newest(path) == last)
              .findFirst()
              .orElseThrow();
      assertThat(resumed(state)).as("after epoch %d", epoch).isEqualTo(epoch);
      deaths++;
    }
    assertThat(deaths).isEqualTo(whole.epochs());
  }

  /**
   * Between the last epoch's metrics and the end: metrics, checkpoint, the deletion of an older
   * one, the stage's manifest, the lock.
   */
  @Tag("long")
  @Test
  void aDriverThatDiesAtAnyChangeOfTheDiskIsResumedToTheSameBits() throws IOException {
    int deaths = 0;
    boolean last = false;
    for (State state : states) {
      last |= state.next().path().contains("metrics/epoch-%05d".formatted(whole.epochs()));
      if (last) {
        resumed(state.folder());
        deaths++;
      }
    }
    assertThat(deaths).isGreaterThan(60);
  }

  /** From the call on all others fail, also those of the code that cleans up. */
  @Tag("long")
  @Test
  void aDriverThatDiesAtAnyCallOfTheLastCommitIsResumedToTheSameBits() throws IOException {
    int epoch = whole.epochs();
    Path before =
        states.stream()
            .map(State::folder)
            .filter(state -> newest(state) == epoch - 1)
            .findFirst()
            .orElseThrow();
    Path run = folder.resolve("undisturbed");
    FaultyFileSystem.arm(call -> {});
    goOn(before, run);
    List<Call> ofCheckpoints =
        FaultyFileSystem.disarm().stream()
            .filter(call -> call.path().contains("/checkpoints/"))
            .toList();
    int made =
        ofCheckpoints.stream()
            .filter(call -> call.path().contains("/checkpoints/%04d".formatted(epoch)))
            .findFirst()
            .orElseThrow()
            .number();
    int deleted = ofCheckpoints.get(ofCheckpoints.size() - 1).number();
    // Some more on both sides: threads of their own may make calls between.
    int first = made - 3;
    int last = deleted + 3;

    int deaths = 0;
    for (int number = first; number <= last; number++) {
      Folders.delete(run);
      FaultyFileSystem.arm(FaultyFileSystem.diesAt(number));
      Throwable thrown = catchThrowable(() -> goOn(before, run));
      FaultyFileSystem.disarm();
      if (Manifest.readIfPresent(plain(), layout(run).folder()).isEmpty()) {
        assertThat(thrown).as("died at call %d", number).hasStackTraceContaining("was killed");
        deaths++;
      }
      assertThat(resumed(run)).as("died at call %d", number).isBetween(epoch - 1, epoch);
    }
    assertThat(deaths).as("of %d calls", last - first + 1).isGreaterThan(80);
  }

  /** Trains on in a copy of a run folder whose holder is dead. */
  private static void goOn(Path before, Path run) throws IOException {
    Folders.copy(before, run);
    holderIsDead(run);
    train(FaultyFileSystem.path(run));
  }

  @Test
  void aDriverThatDiesAtARandomCallIsResumedToTheSameBits() throws IOException {
    diesAtARandomCall(1);
  }

  @Tag("cluster")
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(ints = {2, 3})
  void aDriverThatDiesAtAnotherRandomCallIsResumedToTheSameBits(int seed) throws IOException {
    diesAtARandomCall(seed);
  }

  private static void diesAtARandomCall(int seed) throws IOException {
    int number = 10 + new Random(seed).nextInt(calls.size() - 10);
    Path run = folder.resolve("died-" + seed);
    FaultyFileSystem.arm(FaultyFileSystem.diesAt(number));
    Throwable thrown = catchThrowable(() -> train(FaultyFileSystem.path(run)));
    FaultyFileSystem.disarm();
    if (Manifest.readIfPresent(plain(), layout(run).folder()).isEmpty()) {
      assertThat(thrown).as("died at call %d", number).hasStackTraceContaining("was killed");
    }
    resumed(run);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"checkpoints/0003/manifest.json", "metrics/epoch-00002"})
  void aFullDiskEndsTrainingWithAnExplanationAndIsResumedToTheSameBits(String file)
      throws IOException {
    fillsUp(file);
  }

  @Tag("cluster")
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {"checkpoints/0002/parameters-", "metrics/manifest.json", "contrast/manifest.json"})
  void aFullDiskDoesSoAtOtherFiles(String file) throws IOException {
    fillsUp(file);
  }

  private static void fillsUp(String file) throws IOException {
    int number = call(call -> call.kind() == Kind.WRITE && call.path().contains(file));
    Path run = folder.resolve("full-" + number);
    FaultyFileSystem.arm(FaultyFileSystem.fullFrom(number, file.contains("checkpoints")));
    assertThatThrownBy(() -> train(FaultyFileSystem.path(run)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Stage 'contrast' stopped: cannot write the ")
        .hasMessageContaining(run + "/stages/contrast")
        .hasMessageContaining("cause: No space left on device")
        .hasMessageContaining("MiB there")
        .hasMessageContaining("kept:  ")
        .hasMessageContaining("fix:   make room");
    FaultyFileSystem.disarm();
    resumed(run);
  }

  @Test
  void aFolderThatBecomesReadOnlyEndsTrainingWithAnExplanationAndIsResumedToTheSameBits()
      throws IOException {
    int number =
        call(call -> call.kind() == Kind.MAKE_FOLDER && call.path().endsWith("checkpoints/0002"));
    Path run = folder.resolve("read-only");
    FaultyFileSystem.arm(FaultyFileSystem.readOnlyFrom(number));
    assertThatThrownBy(() -> train(FaultyFileSystem.path(run)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("cannot write the checkpoint of epoch 2 in")
        .hasMessageContaining("Read-only file system")
        .hasMessageContaining("kept:  the checkpoint of epoch 1")
        .hasMessageContaining("it goes on after epoch 1");
    FaultyFileSystem.disarm();
    assertThat(resumed(run)).isEqualTo(1);
  }

  @Test
  void aFolderThatVanishesBetweenEpochsEndsTrainingWithAnExplanationAndIsResumedToTheSameBits()
      throws IOException {
    vanishes("the best checkpoint");
  }

  @Tag("cluster")
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"all checkpoints", "the stage", "the run"})
  void otherFoldersThatVanishDoSo(String vanishing) throws IOException {
    vanishes(vanishing);
  }

  private static void vanishes(String vanishing) throws IOException {
    Path run = folder.resolve("vanished-" + vanishing.replaceAll("\\W", "-"));
    Path stage = run.resolve("stages/contrast");
    Path gone =
        switch (vanishing) {
          case "the run" -> run;
          case "the stage" -> stage;
          case "all checkpoints" -> stage.resolve("checkpoints");
          default -> stage.resolve("checkpoints/%04d".formatted(whole.bestEpoch()));
        };
    String moment = "metrics/epoch-%05d".formatted(whole.bestEpoch() + 1);
    boolean[] done = new boolean[1];
    FaultyFileSystem.arm(
        call -> {
          if (!done[0] && call.path().contains(moment)) {
            done[0] = true;
            Folders.delete(gone);
          }
        });
    assertThatThrownBy(() -> train(FaultyFileSystem.path(run)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Stage 'contrast' stopped")
        .hasMessageContaining("cause:")
        .hasMessageContaining("kept:")
        .hasMessageContaining("fix:");
    FaultyFileSystem.disarm();
    assertThat(done[0]).isTrue();
    resumed(run);
  }

  /**
   * Resumes a copy of a run folder on the ordinary file system; gives the epoch it went on from.
   */
  private static int resumed(Path state) throws IOException {
    Path run = folder.resolve("resumed");
    Folders.delete(run);
    Folders.copy(state, run);
    holderIsDead(run);
    CheckpointStore store = store(run);
    for (int epoch : store.epochs()) {
      assertThat(store.damage(epoch)).as("%s: a listed checkpoint", state).isEmpty();
    }
    TrainResult.StageResult result = train(new org.apache.hadoop.fs.Path(run.toUri()));
    assertThat(result.parametersSha256()).as("%s", state).isEqualTo(whole.parametersSha256());
    assertThat(result.epochs()).as("%s", state).isEqualTo(whole.epochs());
    assertThat(result.bestEpoch()).as("%s", state).isEqualTo(whole.bestEpoch());
    assertThat(result.stopReason()).as("%s", state).isEqualTo(whole.stopReason());
    assertThat(result.bestValue()).as("%s", state).isEqualTo(whole.bestValue());
    assertThat(epochsOfMetrics(run)).as("%s", state).isEqualTo(whole.epochs());
    return result.resumedFrom();
  }

  /** Its process is this one, which lives; the lock of a dead one is taken over. */
  private static void holderIsDead(Path run) throws IOException {
    if (!Files.exists(run.resolve("_lock"))) {
      return;
    }
    try (Stream<Path> files = Files.list(run.resolve("_lock"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".crc")) {
          Files.delete(file);
        } else if (name.startsWith("token-")) {
          String pid = "\"pid\" : " + ProcessHandle.current().pid() + ",";
          String text = Files.readString(file);
          assertThat(text).contains(pid);
          Files.writeString(file, text.replace(pid, "\"pid\" : 999999999,"));
        }
      }
    }
  }

  private static long epochsOfMetrics(Path run) throws IOException {
    List<MetricRow> rows = new ArrayList<>();
    org.apache.hadoop.fs.Path metrics = layout(run).metrics();
    for (ManifestFile file : Manifest.read(plain(), metrics).files()) {
      rows.addAll(
          MetricRow.TABLE.readAll(
              new Configuration(), new org.apache.hadoop.fs.Path(metrics, file.name())));
    }
    return rows.stream()
        .filter(row -> row.round() == 0 && row.split().equals("train"))
        .filter(row -> row.metric().equals("loss"))
        .map(MetricRow::epoch)
        .distinct()
        .count();
  }

  private static int newest(Path run) {
    try {
      List<Integer> epochs = store(run).epochs();
      return epochs.isEmpty() ? 0 : Collections.max(epochs);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static int call(Predicate<Call> wanted) {
    return calls.stream().filter(wanted).findFirst().orElseThrow().number();
  }

  private static CheckpointStore store(Path run) throws IOException {
    return new CheckpointStore(plain(), layout(run));
  }

  private static StageLayout layout(Path run) {
    return new RunLayout(new org.apache.hadoop.fs.Path(run.toUri())).stage("contrast");
  }

  private static FileSystem plain() throws IOException {
    return FileSystem.getLocal(new Configuration());
  }

  private static TrainResult.StageResult train(org.apache.hadoop.fs.Path run) {
    TrainSettings settings = TestRecipes.settings(2, new TrainSettings.Checkpoints(1, 1));
    return StageTrainer.train(
            TestSpark.session(),
            new TrainRequest(
                run, shards, recipe(), settings, List.of(), false, LockSettings.DEFAULT))
        .stages()
        .get(0);
  }

  /** The largest loss counts as the best, so that an early epoch stays it. */
  private static Recipe recipe() {
    Recipe recipe = TestRecipes.first(1, EPOCHS);
    StageSettings old = recipe.plan("contrast").settings();
    StageSettings settings =
        TestRecipes.learning(
            old,
            old.batchSize(),
            new UpdaterSettings(UpdaterSettings.Kind.ADAM, 1e-3),
            Optional.of(new PlateauSettings(0.5, 1, 1e-4, true, 0)),
            new Selection(Selection.Metric.LOSS, Selection.Mode.MAX),
            4);
    return new Recipe(
        recipe.name(), recipe.network(), List.of("contrast"), Map.of("contrast", settings));
  }
}
