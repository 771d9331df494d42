package io.cogaze.train.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.error.RunException;
import io.cogaze.metric.Classification;
import io.cogaze.metric.SaliencyMetrics;
import io.cogaze.nn.network.Head;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.run.RunLayout;
import io.cogaze.run.RunLock;
import io.cogaze.run.StageLayout;
import io.cogaze.shard.Example;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.ShardReader;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.Split;
import io.cogaze.train.TestRecipes;
import io.cogaze.train.TestSpark;
import io.cogaze.train.TrainingShards;
import io.cogaze.train.checkpoint.CheckpointStore;
import io.cogaze.train.checkpoint.Parts;
import io.cogaze.train.checkpoint.Reproduction;
import io.cogaze.train.checkpoint.StageState;
import io.cogaze.train.checkpoint.TrainedStage;
import io.cogaze.train.plan.InitWeights;
import io.cogaze.train.plan.PlateauSettings;
import io.cogaze.train.plan.Recipe;
import io.cogaze.train.plan.ResourceSettings;
import io.cogaze.train.plan.SamplerKind;
import io.cogaze.train.plan.Selection;
import io.cogaze.train.plan.StageSettings;
import io.cogaze.train.plan.TrainSettings;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.step.BatchAssembler;
import io.cogaze.weights.ParametersHash;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

final class StageTrainerTest {
  private static final int TRAIN = 23;
  private static final int VALID = 9;
  private static final ResourceSettings OTHER_WORKERS = new ResourceSettings(false, 0, false, true);

  @TempDir static Path folder;
  private static URI shards;

  @BeforeAll
  static void writeShards() throws IOException {
    shards = TrainingShards.write(folder.resolve("shards"), TRAIN, VALID, 64, 64);
  }

  @Test
  void theFourStagesRunAndTheLastHoldsEveryPart() throws IOException {
    Path run = folder.resolve("whole");
    TrainResult result = train(run, TestRecipes.cooperative(2), TestRecipes.settings(2));

    assertThat(result.stages())
        .extracting(TrainResult.StageResult::stage)
        .containsExactly("contrast", "classify", "saliency", "fuse");
    assertThat(result.stages()).allMatch(stage -> stage.epochs() == 2 && !stage.alreadyDone());

    TrainedStage fuse = TrainedStage.load(fs(), layout(run), "fuse");
    TrainedStage saliency = TrainedStage.load(fs(), layout(run), "saliency");
    TrainedStage classify = TrainedStage.load(fs(), layout(run), "classify");
    assertThat(fuse.availableHeads())
        .containsExactlyInAnyOrder(
            Head.EMBEDDING, Head.DENSENET_CLASS, Head.SALIENCY, Head.FUSED_CLASS);
    assertThat(fuse.trainedHeads()).containsExactly(Head.FUSED_CLASS);
    assertThat(fuse.network(Set.of(Head.SALIENCY, Head.FUSED_CLASS), 1, 1).built().outputs())
        .containsExactly(Head.SALIENCY, Head.FUSED_CLASS);
    assertThat(hash(saliency, "densenet"))
        .as("the saliency stage leaves the DenseNet as it is, running statistics included")
        .isEqualTo(hash(classify, "densenet"));
    for (String part : List.of("densenet", "encoder", "decoder", "saliency-head")) {
      assertThat(hash(fuse, part))
          .as("the fuse stage leaves " + part + " as it is")
          .isEqualTo(hash(saliency, part));
    }
    assertThat(Parts.of(fuse.tensors(), "fused-classifier").values()).hasSize(4);
    assertThat(TrainedStage.ofBytes(fuse.toBytes()).parametersSha256())
        .isEqualTo(fuse.parametersSha256());

    TrainResult again = train(run, TestRecipes.cooperative(2), TestRecipes.settings(2));
    assertThat(again.stages()).allMatch(TrainResult.StageResult::alreadyDone);
    assertThat(hashes(again)).isEqualTo(hashes(result));
  }

  @Test
  void theSameSeedGivesTheSameParametersAndAnotherSeedOthers() throws IOException {
    Recipe recipe = TestRecipes.first(2, 2);
    List<String> first = hashes(train(folder.resolve("a"), recipe, TestRecipes.settings(2)));
    List<String> second = hashes(train(folder.resolve("b"), recipe, TestRecipes.settings(2)));
    TrainSettings other = TestRecipes.settings(2);
    other =
        new TrainSettings(
            8,
            other.workers(),
            other.nativeThreads(),
            other.shuffleWindow(),
            other.exampleCacheMb(),
            other.validationBatchSize(),
            other.cacheFrozenFeatures(),
            other.averagingSlices(),
            other.tensorboard(),
            other.checkpoints());

    assertThat(second).isEqualTo(first);
    assertThat(hashes(train(folder.resolve("c"), recipe, other)))
        .doesNotContainAnyElementsOf(first);
  }

  @Test
  void aRunThatWasInterruptedBetweenEpochsEndsInTheSameBits() throws IOException {
    Recipe recipe = TestRecipes.first(1, 4);
    List<String> whole =
        hashes(train(folder.resolve("whole-run"), recipe, TestRecipes.settings(2)));

    Path run = folder.resolve("interrupted");
    train(run, recipe, TestRecipes.settings(2));
    StageLayout stage = layout(run).stage("contrast");
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, layout(run).stage("contrast"), List.of(1, 2));
    TrainResult resumed = train(run, recipe, TestRecipes.settings(2));

    assertThat(resumed.stages().get(0).resumedFrom()).isEqualTo(2);
    assertThat(hashes(resumed)).isEqualTo(whole);
  }

  @Test
  void aHalfWrittenCheckpointIsPassedOver() throws IOException {
    Recipe recipe = TestRecipes.first(1, 3);
    Path run = folder.resolve("half");
    List<String> whole = hashes(train(run, recipe, TestRecipes.settings(2)));
    StageLayout stage = layout(run).stage("contrast");
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, layout(run).stage("contrast"), List.of(1, 2, 3));
    fs().delete(new org.apache.hadoop.fs.Path(stage.checkpoint(3), "manifest.json"), false);

    TrainResult resumed = train(run, recipe, TestRecipes.settings(2));

    assertThat(resumed.stages().get(0).resumedFrom()).isEqualTo(2);
    assertThat(hashes(resumed)).isEqualTo(whole);
  }

  @ParameterizedTest(name = "{0}, overwrite {1}")
  @CsvSource({"gone, false", "damaged, true"})
  void aFinishedStageWhoseBestCheckpointIsNotWholeIsTrainedAgainToTheSameBits(
      String state, boolean overwrite) throws IOException {
    trainsAgain(state, overwrite);
  }

  @Tag("cluster")
  @ParameterizedTest(name = "{0}, overwrite {1}")
  @CsvSource({"gone, true", "damaged, false"})
  void itIsTrainedAgainToTheSameBitsTheOtherWayRound(String state, boolean overwrite)
      throws IOException {
    trainsAgain(state, overwrite);
  }

  private void trainsAgain(String state, boolean overwrite) throws IOException {
    Recipe recipe = TestRecipes.first(1, 3);
    Path run = folder.resolve("repaired-" + state + overwrite);
    List<String> whole = hashes(train(run, recipe, TestRecipes.settings(2)));
    StageLayout stage = layout(run).stage("contrast");
    if (state.equals("gone")) {
      fs().delete(stage.checkpoints(), true);
    } else {
      int best = Manifest.read(fs(), stage.folder()).body().path("best_epoch").asInt();
      ManifestFile parameters =
          Manifest.read(fs(), stage.checkpoint(best)).file("parameters", ".safetensors");
      fs().create(new org.apache.hadoop.fs.Path(stage.checkpoint(best), parameters.name()), true)
          .close();
    }

    TrainResult repaired = train(run, recipe, TestRecipes.settings(2), overwrite);

    assertThat(repaired.stages().get(0).alreadyDone()).isFalse();
    assertThat(hashes(repaired)).isEqualTo(whole);
    assertThat(TrainedStage.load(fs(), layout(run), "contrast").parametersSha256())
        .isEqualTo(whole.get(0));
    assertThat(train(run, recipe, TestRecipes.settings(2)).stages().get(0).alreadyDone()).isTrue();
  }

  @Test
  void anotherConfigurationIsRefusedWithTheDifferenceUnlessToldToStartAnew() throws IOException {
    Path run = folder.resolve("changed");
    train(run, TestRecipes.first(1, 1), TestRecipes.settings(2));

    assertThatThrownBy(() -> train(run, TestRecipes.first(1, 2), TestRecipes.settings(2)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("recipe.stages.contrast.epochs: there 1, now 2");

    TrainResult anew = train(run, TestRecipes.first(1, 2), TestRecipes.settings(2), true);
    assertThat(anew.stages().get(0).epochs()).isEqualTo(2);
  }

  @Test
  void otherDataIsRefusedWithTheDifference() throws IOException {
    Path run = folder.resolve("other-data");
    train(run, TestRecipes.first(1, 1), TestRecipes.settings(2));
    URI other = TrainingShards.write(folder.resolve("one-more"), TRAIN + 1, VALID, 64, 64);

    assertThatThrownBy(() -> train(run, other, TestRecipes.first(1, 1)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("shards.content: there ")
        .hasMessageContaining(", now ");
  }

  @Test
  void anInterruptedStageGoesOnWithOtherWorkersWhenAskedToAndItsCheckpointsSaySo()
      throws IOException {
    Recipe recipe = TestRecipes.first(1, 3);
    Path run = folder.resolve("other-workers");
    List<String> whole = hashes(train(run, recipe, TestRecipes.settings(2)));
    StageLayout stage = layout(run).stage("contrast");
    CheckpointStore store = new CheckpointStore(fs(), stage);
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, layout(run).stage("contrast"), List.of(1));

    assertThatThrownBy(() -> train(run, recipe, TestRecipes.settings(3)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("train.workers: there 2, now 3");
    assertThatThrownBy(
            () -> train(run, TestRecipes.first(1, 4), TestRecipes.settings(3), OTHER_WORKERS))
        .as("only the number of workers may differ")
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("epochs: there 3, now 4");

    TrainResult other = train(run, recipe, TestRecipes.settings(3), OTHER_WORKERS);

    assertThat(other.stages().get(0).resumedFrom()).isEqualTo(1);
    assertThat(hashes(other)).isNotEqualTo(whole);
    assertThat(store.provenance(1).notes()).doesNotContainKey("other_workers");
    assertThat(store.provenance(3).workers()).isEqualTo(3);
    assertThat(store.provenance(3).notes()).containsEntry("other_workers", "2 until epoch 1");

    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, layout(run).stage("contrast"), List.of(1, 2));
    train(run, recipe, TestRecipes.settings(2), OTHER_WORKERS);
    assertThat(store.provenance(3).notes())
        .containsEntry("other_workers", "2 until epoch 1, 3 until epoch 2");
    String file = Manifest.read(fs(), stage.checkpoint(3)).file("provenance", ".json").name();
    assertThatThrownBy(
            () -> Reproduction.read(fs(), new org.apache.hadoop.fs.Path(stage.checkpoint(3), file)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "not trained by 2 workers from the beginning, but by 2 until epoch 1");
    assertThat(
            train(run, recipe, TestRecipes.settings(4), OTHER_WORKERS)
                .stages()
                .get(0)
                .alreadyDone())
        .as("a finished stage is kept")
        .isTrue();
  }

  @Test
  void aPlateauGoesBackToTheBestCheckpointAndResumesToTheSameBits() throws IOException {
    Recipe recipe =
        changed(
            TestRecipes.first(1, 5),
            new UpdaterSettings(UpdaterSettings.Kind.AMSGRAD, 1e-2),
            Optional.of(new PlateauSettings(0.1, 0, 0.9, true, 0)));
    Path run = folder.resolve("plateau");
    List<String> whole = hashes(train(run, recipe, TestRecipes.settings(2)));
    StageLayout stage = layout(run).stage("contrast");
    CheckpointStore store = new CheckpointStore(fs(), stage);

    assertThat(store.read(5).state().schedule().learningRate()).isLessThan(1e-2);
    assertThat(store.epochs().stream().map(store::read).map(content -> content.state()))
        .as("at least one epoch was followed by going back")
        .anyMatch(state -> state.reloadBest());
    int steps = store.read(1).state().iteration();
    for (int epoch = 1; epoch < 5; epoch++) {
      StageState before = store.read(epoch).state();
      int from = before.reloadBest() ? before.schedule().bestEpoch() : epoch;
      assertThat(store.read(epoch + 1).state().iteration())
          .as("steps after epoch %d, which began where epoch %d ended", epoch + 1, from)
          .isEqualTo(store.read(from).state().iteration() + steps);
    }

    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    int best = store.read(3).state().schedule().bestEpoch();
    keepOnly(run, layout(run).stage("contrast"), List.of(best, 3));
    assertThat(hashes(train(run, recipe, TestRecipes.settings(2)))).isEqualTo(whole);
  }

  @Test
  void aLossThatIsNotFiniteStopsTheRunWithTheExamplesNamed() {
    Recipe recipe =
        changed(
            TestRecipes.first(1, 3),
            new UpdaterSettings(UpdaterSettings.Kind.SGD, 1e30),
            Optional.empty());

    assertThatThrownBy(() -> train(folder.resolve("nan"), recipe, TestRecipes.settings(2)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Stage 'contrast' stopped")
        .hasMessageContaining("learning");
  }

  /** An optimiser whose state is not finite makes no step that is, as a rate too high would. */
  @Test
  void aNetworkThatDivergesInALaterEpochLeavesTheGoodCheckpointOfTheOneBefore() throws IOException {
    Path run = folder.resolve("diverges-later");
    Recipe recipe = TestRecipes.first(1, 3);
    train(run, recipe, TestRecipes.settings(2));
    StageLayout stage = layout(run).stage("contrast");
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, stage, List.of(1));
    CheckpointStore checkpoints = new CheckpointStore(fs(), stage);
    CheckpointStore.Content good = checkpoints.read(1);
    float[] broken = good.updater().clone();
    Arrays.fill(broken, Float.NaN);
    ConfigStamp stamp =
        ConfigStamp.of(Manifest.readIfPresent(fs(), stage.checkpoint(1)).orElseThrow());
    try (RunLock lock = RunLock.acquire(fs(), path(run), "test")) {
      checkpoints.write(
          new CheckpointStore.Content(
              good.description(), good.state(), good.tensors(), broken, good.provenance()),
          stamp,
          lock);
    }

    assertThatThrownBy(() -> train(run, recipe, TestRecipes.settings(2)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Stage 'contrast' stopped: the loss is NaN in epoch 2, round 1")
        .hasMessageMatching(
            "(?s).*on the batch of examples \\[example-\\d{4}(, example-\\d{4})*\\].*")
        .hasMessageContaining("The last checkpoint is kept");
    assertThat(checkpoints.epochs()).containsExactly(1);
    assertThat(checkpoints.damage(1)).isEmpty();
    assertThat(ParametersHash.sha256(checkpoints.read(1).tensors()))
        .isEqualTo(ParametersHash.sha256(good.tensors()));
  }

  @Test
  void anExampleThatIsFittedInPlaceOfAnotherEndsTrainingBeforeACheckpointIsWritten()
      throws IOException {
    URI wrong = TrainingShards.write(folder.resolve("wrong-index"), TRAIN, VALID, 64, 64);
    IndexEntry twice =
        ShardSet.open(new Configuration(), wrong).index().stream()
            .filter(entry -> entry.split() == Split.TRAIN)
            .findFirst()
            .orElseThrow();
    TrainingShards.reindex(
        wrong,
        entry ->
            entry.file().equals(twice.file())
                    && entry.rowGroup() == twice.rowGroup()
                    && entry.row() == twice.row() + 1
                ? new IndexEntry(
                    entry.exampleId(),
                    entry.patientKey(),
                    entry.split(),
                    entry.targetClass(),
                    entry.hasGaze(),
                    entry.file(),
                    entry.rowGroup(),
                    twice.row())
                : entry);
    Path run = folder.resolve("wrong");

    assertThatThrownBy(() -> train(run, wrong, TestRecipes.first(1, 1)))
        .isInstanceOf(RunException.class)
        .hasMessageContaining("Stage 'contrast', epoch 1, round ")
        .hasMessageContaining("others than planned, or one twice and another not at all")
        .hasMessageContaining("run preprocess again");
    assertThat(new CheckpointStore(fs(), layout(run).stage("contrast")).epochs()).isEmpty();
  }

  @Test
  void metricsOfEveryRoundAndEpochAreReadBack() throws IOException {
    Path run = folder.resolve("metrics");
    train(run, TestRecipes.first(1, 2), TestRecipes.settings(2));
    List<MetricRow> rows = metrics(run, "contrast");

    assertThat(rows)
        .extracting(MetricRow::run)
        .as("the folder's name, as in the metrics of an evaluation")
        .containsOnly("metrics");
    assertThat(rows)
        .filteredOn(row -> row.split().equals("train") && row.metric().equals("loss"))
        .extracting(row -> row.epoch() + "/" + row.round() + " " + row.n())
        .containsExactly("1/1 23", "1/0 23", "2/1 23", "2/0 23");
    assertThat(rows)
        .filteredOn(row -> row.split().equals("valid") && row.metric().equals("loss"))
        .extracting(MetricRow::epoch, MetricRow::n)
        .containsExactly(tuple(1, 9L), tuple(2, 9L));
  }

  @Test
  void validationWithoutATripletJudgesNoEpochAndTheLastOneCounts() throws IOException {
    Path run = folder.resolve("no-triplet");
    URI few = TrainingShards.write(folder.resolve("few"), TRAIN, 2, 64, 64);
    TrainResult.StageResult result = train(run, few, TestRecipes.first(1, 3)).stages().get(0);

    assertThat(result.bestEpoch()).isEqualTo(3);
    assertThat(result.bestValue()).isNaN();
    assertThat(result.stopReason()).isEqualTo("all 3 epochs are done");
    assertThat(metrics(run, "contrast"))
        .filteredOn(row -> row.split().equals("valid"))
        .hasSize(6)
        .allMatch(row -> Double.isNaN(row.value()) && row.n() == 0);
    assertThat(TrainedStage.load(fs(), layout(run), "contrast").epoch()).isEqualTo(3);
  }

  @Test
  void aSelectionThatTheHeadsDoNotGiveIsRefusedBeforeAnythingIsTrained() {
    for (Selection.Metric metric : List.of(Selection.Metric.AUROC_MACRO, Selection.Metric.KL)) {
      Path run = folder.resolve("selects-by-" + metric);
      Recipe recipe = selecting(TestRecipes.first(1, 1), "contrast", metric);

      assertThatThrownBy(() -> train(run, recipe, TestRecipes.settings(2)))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("which its heads [embedding] do not give")
          .hasMessageContaining("Correct cogaze.recipe.stages.contrast.selection.metric");
      assertThat(run.resolve("stages")).doesNotExist();
    }
  }

  @Test
  void validationIsTheExactEvaluationOfEveryOutputOfTheNetworkThatIsKept() throws IOException {
    Path run = folder.resolve("validated");
    StageSettings old = TestRecipes.cooperative(1).plan("classify").settings();
    StageSettings joint =
        new StageSettings(
            Map.of("densenet-class", 1.0, "saliency", 0.5),
            List.of("densenet", "densenet-classifier", "encoder", "decoder", "saliency-head"),
            List.of(),
            List.of(),
            SamplerKind.OVERSAMPLED,
            old.batchSize(),
            old.averagingFrequency(),
            1,
            old.updater(),
            old.plateau(),
            new Selection(Selection.Metric.AUROC_MACRO, Selection.Mode.MAX),
            old.earlyStoppingPatience(),
            1);
    Recipe recipe =
        new Recipe("test", TestRecipes.NETWORK, List.of("joint"), Map.of("joint", joint));
    TrainResult.StageResult result = train(run, recipe, TestRecipes.settings(2)).stages().get(0);

    ShardSet set = ShardSet.open(new Configuration(), shards);
    List<Example> valid = new ArrayList<>();
    for (IndexEntry entry : set.index()) {
      if (entry.split() == Split.VALID) {
        try (ShardReader reader = set.reader(entry.file())) {
          valid.add(reader.readRowGroup(entry.rowGroup()).get(entry.row()));
        }
      }
    }
    TrainedStage.InferenceNetwork network =
        TrainedStage.load(fs(), layout(run), "joint")
            .network(Set.of(Head.DENSENET_CLASS, Head.SALIENCY), 1, 1);
    List<Head> outputs = network.built().outputs();
    MultiDataSet arrays = new BatchAssembler(outputs, TrainingShards.CLASSES, 1).assemble(valid);
    INDArray[] found = network.graph().output(false, arrays.getFeatures());
    int classHead = outputs.indexOf(Head.DENSENET_CLASS);
    int gazeHead = outputs.indexOf(Head.SALIENCY);
    float[][] probabilities = found[classHead].toFloatMatrix();
    int[] targets = new int[valid.size()];
    double divergence = 0;
    double entropy = 0;
    for (int i = 0; i < targets.length; i++) {
      targets[i] = BatchAssembler.targetClass(valid.get(i), TrainingShards.CLASSES);
      entropy -= Math.log(probabilities[i][targets[i]]) / targets.length;
      divergence +=
          SaliencyMetrics.kl(
                  found[gazeHead].slice(i).dup().data().asFloat(),
                  arrays.getLabels(gazeHead).slice(i).dup().data().asFloat())
              / targets.length;
    }
    double auroc =
        Classification.of(probabilities, targets, TrainingShards.CLASSES.size())
            .macroAuroc()
            .orElseThrow();

    assertThat(result.bestValue()).isEqualTo(auroc);
    Map<String, Double> values = new TreeMap<>();
    for (MetricRow row : metrics(run, "joint")) {
      if (row.split().equals("valid")) {
        assertThat(row.n()).as(row.metric()).isEqualTo(VALID);
        values.put(row.metric(), row.value());
      }
    }
    assertThat(values)
        .containsOnlyKeys(
            "loss", "loss_densenet_class", "loss_saliency", "kl", "auroc_macro", "accuracy");
    assertThat(values.get("auroc_macro")).isEqualTo(auroc);
    assertThat(values.get("loss_densenet_class")).isCloseTo(entropy, within(1e-5));
    assertThat(values.get("kl")).isCloseTo(divergence, within(1e-5));
    assertThat(values.get("loss")).isCloseTo(entropy + 0.5 * divergence, within(1e-5));
  }

  @Test
  void aLearnedLossWeightIsInTheCheckpointInTheMetricsAndInTheLossThatSelects() throws IOException {
    Path run = folder.resolve("learned-weight");
    TrainResult.StageResult result =
        train(run, TestRecipes.joint(3), TestRecipes.settings(2)).stages().get(0);

    TrainedStage trained = TrainedStage.load(fs(), layout(run), "joint");
    float logSigma = trained.tensors().get("loss-weights.densenet-class.log_sigma").data()[0];
    Map<String, Double> best = new TreeMap<>();
    for (MetricRow row : metrics(run, "joint")) {
      if (row.split().equals("valid") && row.epoch() == result.bestEpoch()) {
        best.put(row.metric(), row.value());
      }
    }
    double sigma = best.get("sigma_densenet_class");
    assertThat(sigma).isEqualTo(Math.exp(logSigma)).isNotEqualTo(1);
    assertThat(best).doesNotContainKey("sigma_saliency");
    assertThat(best.get("loss"))
        .isEqualTo(result.bestValue())
        .isCloseTo(
            best.get("loss_densenet_class") / (sigma * sigma)
                + Math.log(sigma + 1)
                + 0.5 * best.get("loss_saliency"),
            within(1e-9));
    assertThat(trained.network(Set.of(Head.DENSENET_CLASS), 1, 1).built().names().tensors())
        .as("what evaluates has no use for it")
        .noneMatch(tensor -> tensor.part().equals("loss-weights"));
  }

  @Test
  void aStageWithALearnedLossWeightResumesToTheSameBits() throws IOException {
    List<String> whole =
        hashes(
            train(folder.resolve("weight-whole"), TestRecipes.joint(3), TestRecipes.settings(2)));
    Path run = folder.resolve("weight-resumed");
    train(run, TestRecipes.joint(3), TestRecipes.settings(2));
    StageLayout stage = layout(run).stage("joint");
    fs().delete(new org.apache.hadoop.fs.Path(stage.folder(), "manifest.json"), false);
    keepOnly(run, stage, List.of(1));

    TrainResult resumed = train(run, TestRecipes.joint(3), TestRecipes.settings(2));

    assertThat(resumed.stages().get(0).resumedFrom()).isEqualTo(1);
    assertThat(hashes(resumed)).isEqualTo(whole);
  }

  @Test
  void aLearnedLossWeightGoesOnWhereAnEarlierStageLeftIt() throws IOException {
    Path run = folder.resolve("weight-after");
    train(run, jointTwice("densenet-class"), TestRecipes.settings(2));

    String name = "loss-weights.densenet-class.log_sigma";
    float first = TrainedStage.load(fs(), layout(run), "joint").tensors().get(name).data()[0];
    float then = TrainedStage.load(fs(), layout(run), "again").tensors().get(name).data()[0];
    // Adam moves a parameter by its rate in each of its few steps, at first.
    assertThat(Math.abs(first)).isGreaterThan(1e-3f);
    assertThat(then).isNotEqualTo(first).isCloseTo(first, within(1e-6f));
  }

  @Test
  void aStageThatLearnsOtherLossWeightsThanTheOneItTakesThemFromIsRefused() throws IOException {
    Path run = folder.resolve("other-weights");

    assertThatThrownBy(() -> train(run, jointTwice("saliency"), TestRecipes.settings(2)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Stage 'again' cannot take part 'loss-weights' from stage 'joint'")
        .hasMessageContaining("only 'again' has [loss-weights.saliency.log_sigma]")
        .hasMessageContaining("only 'joint' has [loss-weights.densenet-class.log_sigma]")
        .hasMessageContaining("the same learned-weights");
    assertThat(new CheckpointStore(fs(), layout(run).stage("joint")).epochs()).isNotEmpty();
  }

  /** A stage, and one that takes its loss weights over and hardly learns. */
  private static Recipe jointTwice(String learnsThen) {
    StageSettings first = TestRecipes.joint(1).plan("joint").settings();
    StageSettings again =
        new StageSettings(
            first.heads(),
            first.trainable(),
            first.frozen(),
            List.of(new InitWeights("joint", List.of("densenet", "loss-weights"))),
            first.sampler(),
            first.batchSize(),
            first.averagingFrequency(),
            1,
            new UpdaterSettings(UpdaterSettings.Kind.ADAM, 1e-8),
            first.plateau(),
            first.selection(),
            first.earlyStoppingPatience(),
            first.inputReduction(),
            first.accumulate(),
            first.clipGlobalNorm(),
            List.of(learnsThen));
    return new Recipe(
        "test",
        TestRecipes.NETWORK,
        List.of("joint", "again"),
        Map.of("joint", first, "again", again));
  }

  @Test
  void aLearnedWeightOfTripletsIsRefusedBeforeAnythingIsTrained() {
    Path run = folder.resolve("learned-triplets");
    StageSettings old = TestRecipes.first(1, 1).plan("contrast").settings();
    StageSettings settings =
        new StageSettings(
            old.heads(),
            old.trainable(),
            old.frozen(),
            old.initWeights(),
            old.sampler(),
            old.batchSize(),
            old.averagingFrequency(),
            1,
            old.updater(),
            old.plateau(),
            old.selection(),
            old.earlyStoppingPatience(),
            1,
            1,
            Optional.empty(),
            List.of("embedding"));
    Recipe recipe =
        new Recipe("test", TestRecipes.NETWORK, List.of("contrast"), Map.of("contrast", settings));

    assertThatThrownBy(() -> train(run, recipe, TestRecipes.settings(2)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Stage 'contrast' cannot learn the weight of the embedding head")
        .hasMessageContaining("Take it out of cogaze.recipe.stages.contrast.learned-weights");
    assertThat(run.resolve("stages")).doesNotExist();
  }

  @Test
  void batchesThatCannotHoldATripletAreRefusedBeforeAnythingIsTrained() {
    Path run = folder.resolve("no-triplets");
    StageSettings old = TestRecipes.first(1, 1).plan("contrast").settings();
    Recipe recipe = batchesOf(2, old);

    assertThatThrownBy(() -> train(run, recipe, TestRecipes.settings(2)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Stage 'contrast' trains the embedding head in batches of 2")
        .hasMessageContaining("cogaze.recipe.stages.contrast.batch-size to 3 at least");
    assertThat(run.resolve("stages")).doesNotExist();
  }

  private static Recipe batchesOf(int size, StageSettings old) {
    StageSettings settings =
        TestRecipes.learning(
            old, size, old.updater(), old.plateau(), old.selection(), old.earlyStoppingPatience());
    return new Recipe(
        "test", TestRecipes.NETWORK, List.of("contrast"), Map.of("contrast", settings));
  }

  @Test
  void anAurocWithoutValidationExamplesOfAClassIsRefusedBeforeAnythingIsTrained()
      throws IOException {
    Path run = folder.resolve("auroc");
    URI few = TrainingShards.write(folder.resolve("two-classes"), TRAIN, 2, 64, 64);
    Recipe recipe = selecting(TestRecipes.first(2, 1), "classify", Selection.Metric.AUROC_MACRO);

    assertThatThrownBy(() -> train(run, few, recipe))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Stage 'classify' selects by auroc-macro")
        .hasMessageContaining("no validation example has the class CHF");
    assertThat(run.resolve("stages/contrast/manifest.json")).exists();
    assertThat(run.resolve("stages/classify/metrics")).doesNotExist();
  }

  /** The recipe with another metric of selection in one stage. */
  private static Recipe selecting(Recipe recipe, String stage, Selection.Metric metric) {
    StageSettings old = recipe.plan(stage).settings();
    Map<String, StageSettings> stages = new TreeMap<>(recipe.stages());
    stages.put(
        stage,
        TestRecipes.learning(
            old,
            old.batchSize(),
            old.updater(),
            old.plateau(),
            new Selection(metric, Selection.Mode.MIN),
            old.earlyStoppingPatience()));
    return new Recipe(recipe.name(), recipe.network(), recipe.order(), stages);
  }

  private static List<MetricRow> metrics(Path run, String stage) throws IOException {
    org.apache.hadoop.fs.Path metrics = layout(run).stage(stage).metrics();
    List<MetricRow> rows = new ArrayList<>();
    for (ManifestFile file : Manifest.read(fs(), metrics).files()) {
      rows.addAll(
          MetricRow.TABLE.readAll(
              new Configuration(), new org.apache.hadoop.fs.Path(metrics, file.name())));
    }
    return rows;
  }

  @Test
  void aSecondTrainingOfTheSameRunFolderIsRefused() throws IOException {
    Path run = folder.resolve("locked");
    try (RunLock lock = RunLock.acquire(fs(), path(run), "train")) {
      assertThat(lock.token()).isPositive();
      assertThatThrownBy(() -> train(run, TestRecipes.first(1, 1), TestRecipes.settings(2)))
          .isInstanceOf(RunException.class)
          .hasMessageContaining("another process is writing there")
          .hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
    }
  }

  @Test
  void aStageWhoseSourceIsMissingSaysWhichToTrainFirst() {
    assertThatThrownBy(
            () ->
                StageTrainer.train(
                    TestSpark.session(),
                    new TrainRequest(
                        path(folder.resolve("missing")),
                        shards,
                        TestRecipes.cooperative(1),
                        TestRecipes.settings(2),
                        List.of("saliency"),
                        false,
                        LockSettings.DEFAULT)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("takes weights from stage 'classify', which is not finished")
        .hasMessageContaining("--stages classify,saliency");
  }

  /** The recipe with another optimiser and schedule in its first stage. */
  private static Recipe changed(
      Recipe recipe, UpdaterSettings updater, Optional<PlateauSettings> plateau) {
    StageSettings old = recipe.plan("contrast").settings();
    StageSettings settings =
        TestRecipes.learning(
            old, old.batchSize(), updater, plateau, old.selection(), old.earlyStoppingPatience());
    return new Recipe(
        recipe.name(), recipe.network(), List.of("contrast"), Map.of("contrast", settings));
  }

  private static TrainResult train(Path run, Recipe recipe, TrainSettings settings) {
    return train(run, recipe, settings, false);
  }

  /** On other shards than the other tests'. */
  private static TrainResult train(Path run, URI data, Recipe recipe) {
    return StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            path(run),
            data,
            recipe,
            TestRecipes.settings(2),
            List.of(),
            false,
            LockSettings.DEFAULT));
  }

  private static TrainResult train(
      Path run, Recipe recipe, TrainSettings settings, boolean startAnew) {
    return StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            path(run), shards, recipe, settings, List.of(), startAnew, LockSettings.DEFAULT));
  }

  private static TrainResult train(
      Path run, Recipe recipe, TrainSettings settings, ResourceSettings resources) {
    return StageTrainer.train(
        TestSpark.session(),
        new TrainRequest(
            path(run),
            shards,
            recipe,
            settings,
            List.of(),
            false,
            LockSettings.DEFAULT,
            "cogaze {}",
            resources,
            Map.of()));
  }

  private static String hash(TrainedStage stage, String part) {
    return ParametersHash.sha256(Parts.of(stage.tensors(), part));
  }

  private static List<String> hashes(TrainResult result) {
    return result.stages().stream().map(TrainResult.StageResult::parametersSha256).toList();
  }

  private static void keepOnly(Path run, StageLayout stage, List<Integer> epochs)
      throws IOException {
    try (RunLock lock = RunLock.acquire(fs(), path(run), "test")) {
      new CheckpointStore(fs(), stage).retain(epochs, lock);
    }
  }

  private static org.apache.hadoop.fs.Path path(Path run) {
    return new org.apache.hadoop.fs.Path(run.toUri());
  }

  private static RunLayout layout(Path run) {
    return new RunLayout(path(run));
  }

  private static FileSystem fs() throws IOException {
    return FileSystem.getLocal(new Configuration());
  }
}
