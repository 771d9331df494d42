package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.nn.kernel.Engine;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.Provenance;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.ModelDescription;
import io.cogaze.train.checkpoint.Reproduction;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.TrainSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointProvenanceTest {
  private static final String SETTINGS = "cogaze { train.seed = 7 }";

  @TempDir static Path folder;
  private static FileSystem fs;
  private static URI shards;
  private static CheckpointStore.Content trained;

  @BeforeAll
  static void train() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
    shards = TrainingShards.write(folder.resolve("shards"), 12, 6, 64, 64);
    train("first", TestRecipes.first(1, 1));
    trained = store("first").read(1);
  }

  private static void train(String run, Recipe recipe) {
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            path(run),
            shards,
            recipe,
            TestRecipes.settings(2),
            List.of(),
            false,
            LockSettings.DEFAULT,
            SETTINGS,
            ResourceSettings.DEFAULT,
            Map.of()));
  }

  private static org.apache.hadoop.fs.Path path(String run) {
    return new org.apache.hadoop.fs.Path(folder.resolve(run).toUri());
  }

  private static CheckpointStore store(String run) {
    return new CheckpointStore(fs, new RunLayout(path(run)).stage("contrast"));
  }

  private static org.apache.hadoop.fs.Path provenance(String run) {
    org.apache.hadoop.fs.Path checkpoint = new RunLayout(path(run)).stage("contrast").checkpoint(1);
    String name = Manifest.read(fs, checkpoint).file("provenance", ".json").name();
    return new org.apache.hadoop.fs.Path(checkpoint, name);
  }

  @Test
  void aCheckpointSaysWhatItWasMadeFromAndByWhat() {
    Provenance provenance = trained.provenance();
    String hash =
        Manifest.read(fs, new RunLayout(path("first")).stage("contrast").folder())
            .body()
            .path("parameters_sha256")
            .asText();

    assertThat(provenance.data()).containsOnlyKeys("shards");
    assertThat(provenance.seeds()).containsEntry("train", 7L);
    assertThat(provenance.workers()).isEqualTo(2);
    assertThat(provenance.executors()).isEqualTo(1);
    assertThat(provenance.notes())
        .containsEntry("stage", "contrast")
        .containsEntry("epoch", "1")
        .containsEntry("native_threads", "1")
        .containsEntry("backend", "cpu")
        .containsEntry("configuration", SETTINGS)
        .containsEntry("parameters_sha256", hash);
    assertThat(Engine.description())
        .startsWith(provenance.notes().get("kernel"))
        .endsWith(provenance.nativeClassifier());
  }

  @Test
  void theSameTrainingAgainIsEqualAndAnotherOneNamesBothHashesAndTheFirstDifference()
      throws IOException {
    Reproduction reproduction = Reproduction.read(fs, provenance("first"));
    assertThat(reproduction.stages(TestRecipes.cooperative(1))).containsExactly("contrast");
    assertThat(reproduction.configuration()).isEqualTo(SETTINGS);
    train("second", TestRecipes.first(1, 1));
    assertThat(reproduction.compare(fs, new RunLayout(path("second"))))
        .startsWith("stage contrast, epoch 1: parameters_sha256 ")
        .contains(" is equal to that of ");

    train("other", TestRecipes.first(1, 2));
    String there = trained.provenance().notes().get("parameters_sha256");
    String here = store("other").provenance(2).notes().get("parameters_sha256");
    assertThat(here).isNotEqualTo(there);
    Reproduction second = Reproduction.read(fs, provenance("second"));
    Path copy = folder.resolve("epoch-2.json");
    Files.write(copy, second.provenance().withNote("epoch", "2").bytes());
    Reproduction moved = Reproduction.read(fs, new org.apache.hadoop.fs.Path(copy.toUri()));
    assertThatThrownBy(() -> moved.compare(fs, new RunLayout(path("other"))))
        .isInstanceOf(RunException.class)
        .hasMessageStartingWith("Not reproduced: stage contrast, epoch 2")
        .hasMessageContaining("there: " + there)
        .hasMessageContaining("here:  " + here)
        .hasMessageContaining("cause: configuration and content of the shards: there ");
    assertThatThrownBy(() -> moved.compare(fs, new RunLayout(path("second"))))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("has no checkpoint of epoch 2");
    assertThatThrownBy(() -> moved.stages(TestRecipes.first(1, 1)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it is of epoch 2, but its stage 'contrast' has 1")
        .hasMessageContaining("the file was changed");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({"epoch, abc", "epoch, 0", "epoch, -1", "epoch, 99999999999", "parameters_sha256, x"})
  void aProvenanceThatWasChangedIsRefusedBeforeAnythingIsTrained(String note, String value)
      throws IOException {
    Path changed = folder.resolve("changed-" + value + ".json");
    Files.write(changed, trained.provenance().withNote(note, value).bytes());
    assertThatThrownBy(() -> Reproduction.read(fs, new org.apache.hadoop.fs.Path(changed.toUri())))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'" + value + "'")
        .hasMessageContaining("the file was changed after CoGaze wrote it");
  }

  @Test
  void theEpochThatIsMadeAgainIsKeptWhateverTheCadenceSays() {
    TrainSettings seldom = TestRecipes.settings(2, new TrainSettings.Checkpoints(10, 1));
    StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            path("pinned"),
            shards,
            TestRecipes.first(1, 5),
            seldom,
            List.of(),
            false,
            LockSettings.DEFAULT,
            SETTINGS,
            ResourceSettings.DEFAULT,
            Map.of("contrast", 2)));
    assertThat(store("pinned").read(5).state().schedule().bestEpoch()).isNotEqualTo(2);
    assertThat(store("pinned").epochs()).contains(2, 5).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void theFirstDifferenceBetweenTwoEnvironmentsIsTheLikeliest() {
    Provenance here = trained.provenance();
    assertThat(difference(here, here.withNote("kernel", "another").withNote("native_threads", "4")))
        .isEqualTo("native threads: there 1, here 4");
    assertThat(difference(here, here.withNote("kernel", "another")))
        .isEqualTo("kernel: there " + here.notes().get("kernel") + ", here another");
    assertThat(difference(here, here.withNote("processor", "another")))
        .isEqualTo(
            "processor of the driver: there " + NativeLibrary.processor() + ", here another");
    Provenance avx2 =
        new Provenance(
            here.data(),
            here.configHash(),
            here.versions(),
            here.seeds(),
            "linux-x86_64-onednn-none",
            here.executors(),
            here.workers(),
            here.notes());
    assertThat(difference(here, avx2))
        .isEqualTo(
            "native classifier: there "
                + here.nativeClassifier()
                + ", here linux-x86_64-onednn-none");
    assertThat(Reproduction.firstDifference(here, here)).isEmpty();
  }

  private static String difference(Provenance there, Provenance here) {
    return Reproduction.firstDifference(there, here).orElseThrow();
  }

  @Test
  void aFileThatCannotBeReproducedIsRefusedWithTheReason() throws IOException {
    Path old = folder.resolve("old.json");
    Provenance content = trained.provenance();
    TreeMap<String, String> notes = new TreeMap<>(content.notes());
    notes.remove("configuration");
    Files.write(
        old,
        new Provenance(
                content.data(),
                content.configHash(),
                content.versions(),
                content.seeds(),
                content.nativeClassifier(),
                1,
                2,
                notes)
            .bytes());
    assertThatThrownBy(() -> Reproduction.read(fs, new org.apache.hadoop.fs.Path(old.toUri())))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it has no configuration")
        .hasMessageContaining("an older CoGaze wrote it");
    assertThatThrownBy(() -> Reproduction.read(fs, path("nothing")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no such file");
    Reproduction reproduction = Reproduction.read(fs, provenance("first"));
    assertThatThrownBy(() -> reproduction.requireOutside(fs, path("first")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--run is --reproduce");
    reproduction.requireOutside(fs, path("elsewhere"));
  }

  @ParameterizedTest(name = "version {0}")
  @ValueSource(ints = {0, 2})
  void aCheckpointOfAnotherFormatVersionIsRefusedByName(int version) {
    ModelDescription mine = trained.description();
    ModelDescription other =
        new ModelDescription(
            version,
            mine.stage(),
            mine.network(),
            mine.height(),
            mine.width(),
            mine.inputReduction(),
            mine.targetClasses(),
            mine.heads(),
            mine.trainable(),
            mine.preprocessing());
    CheckpointStore store = store("version-" + version);
    try (RunLock lock = RunLock.acquire(fs, path("version-" + version), "train")) {
      store.write(
          new CheckpointStore.Content(
              other, trained.state(), trained.tensors(), trained.updater(), trained.provenance()),
          new ConfigStamp("hash", new TreeMap<>()),
          lock);
    }

    assertThatThrownBy(() -> store.read(1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Cannot read the checkpoint ")
        .hasMessageContaining(
            "format version " + version + ", this program reads version 1. Use the CoGaze");
  }

  @Test
  void aDriverThatLostItsRunToARetryCanNeitherWriteNorDeleteACheckpoint() throws IOException {
    CheckpointStore store = store("fenced");
    Path other = folder.resolve("fenced/stages/contrast/checkpoints/0007");
    Files.createDirectories(other);
    try (RunLock old = RunLock.acquire(fs, path("fenced"), "train", new LockSettings(2))) {
      // A retry of the scheduler, which held the old driver for dead.
      Files.writeString(
          folder.resolve("fenced/_lock/token-0000000002.json"), "{\"id\":\"the retry\"}");

      assertThatThrownBy(() -> store.write(trained, new ConfigStamp("hash", new TreeMap<>()), old))
          .isInstanceOf(RunException.class)
          .hasMessageContaining("this process lost its lock (token 1)");
      assertThatThrownBy(() -> store.retain(List.of(), old))
          .as("what the retry has is not deleted either")
          .isInstanceOf(RunException.class)
          .hasMessageContaining("this process lost its lock (token 1)");
    }
    assertThat(other).exists();
    assertThat(store.epochs()).isEmpty();
    assertThat(folder.resolve("fenced/stages/contrast/checkpoints/0001/manifest.json"))
        .doesNotExist();
  }
}
