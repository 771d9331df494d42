package io.cogaze.train.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.config.ConfigSource;
import io.cogaze.config.LoadRequest;
import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RecipeFilesTest {
  @ParameterizedTest
  @ValueSource(strings = {"cooperative", "cooperative-small"})
  void aRecipeFileBinds(String name) {
    Recipe recipe = load(name, List.of());

    assertThat(recipe.name()).isEqualTo(name);
    assertThat(recipe.order()).containsExactly("contrast", "classify", "saliency", "fuse");
    assertThat(recipe.plan("saliency").settings().frozen()).containsExactly("densenet");
    assertThat(recipe.plan("contrast").settings().sampler()).isEqualTo(SamplerKind.STRATIFIED);
  }

  @Test
  void theFullRecipeHasThePublishedSchedule() {
    Recipe recipe = load("cooperative", List.of());

    assertThat(recipe.plans())
        .extracting(p -> p.settings().epochs())
        .containsExactly(50, 10, 50, 40);
    assertThat(recipe.plans())
        .extracting(p -> p.settings().batchSize())
        .containsExactly(32, 16, 16, 16);
    assertThat(recipe.plans())
        .allMatch(p -> p.settings().updater().learningRate() == 1e-4)
        .allMatch(p -> p.settings().updater().kind() == UpdaterSettings.Kind.ADAM);
    NetworkSettings.Cooperative network = (NetworkSettings.Cooperative) recipe.network();
    assertThat(network.densenet().blocks()).containsExactly(6, 12, 48, 32);
    assertThat(network.baseWidth()).isEqualTo(64);
    assertThat(recipe.plan("contrast").settings().inputReduction()).isEqualTo(2);
  }

  @Test
  void oneKeyOfAStageCanBeSetOnTheCommandLine() {
    Recipe recipe = load("cooperative", List.of("recipe.stages.contrast.epochs=3"));

    assertThat(recipe.plan("contrast").settings().epochs()).isEqualTo(3);
    assertThat(recipe.plan("classify").settings().epochs()).isEqualTo(10);
  }

  @Test
  void everyMistakeOfARecipeIsNamed() {
    assertThatThrownBy(
            () ->
                load(
                    "cooperative",
                    List.of(
                        "recipe.stages.contrast.batch-size=0",
                        "recipe.stages.fuse.sampler=random",
                        "recipe.stages.saliency.epoch=3")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("batch-size must be 1 or more but is 0")
        .hasMessageContaining("expected one of shuffled, stratified")
        .hasMessageContaining("did you mean cogaze.recipe.stages.saliency.epochs?");
  }

  @Test
  void stepsAreOfOneBatchAndNotClippedUnlessAsked() {
    StageSettings plain = load("cooperative", List.of()).plan("contrast").settings();
    assertThat(plain.accumulate()).isEqualTo(1);
    assertThat(plain.clipGlobalNorm()).isEmpty();

    StageSettings asked =
        load(
                "cooperative",
                List.of(
                    "recipe.stages.contrast.accumulate=4",
                    "recipe.stages.contrast.clip-global-norm=0.5",
                    "recipe.stages.contrast.sampler=oversampled"))
            .plan("contrast")
            .settings();
    assertThat(asked.accumulate()).isEqualTo(4);
    assertThat(asked.clipGlobalNorm()).contains(0.5);
    assertThat(asked.sampler()).isEqualTo(SamplerKind.OVERSAMPLED);
    assertThat(plain.learnedWeights()).isEmpty();
    assertThat(
            load("cooperative", List.of("recipe.stages.saliency.learned-weights=[saliency]"))
                .plan("saliency")
                .settings()
                .learnedWeights())
        .containsExactly("saliency");

    assertThatThrownBy(
            () ->
                load(
                    "cooperative",
                    List.of(
                        "recipe.stages.contrast.accumulate=0",
                        "recipe.stages.classify.learned-weights=[saliency]",
                        "recipe.stages.fuse.clip-global-norm=0")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("accumulate must be 1 or more but is 0")
        .hasMessageContaining("clip-global-norm must be above 0 but is 0")
        .hasMessageContaining(
            "learned-weights names head 'saliency', but heads has [densenet-class]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prefetch-batches=-1 | prefetch-batches must be 0 or more but is -1",
        "native-threads=0 | native-threads must be 1 or more but is 0",
        "native-threads=1025 | native-threads must be 1024 or less but is 1025",
        "average-updater-every=0 | average-updater-every must be 1 or more but is 0",
        "delta-bits=8 | delta-bits must be 32 or 16 but is 8",
        "averaging-slices=10001 | averaging-slices must be 10000 or less but is 10001"
      })
  void settingsOfTrainingOutOfRangeAreRefused(String setting, String message) {
    ConfigBinder binder =
        CogazeConfig.load(LoadRequest.of(List.of(), List.of("train." + setting))).binder();
    binder.bind("train", TrainSettings.class);

    assertThatThrownBy(binder::check)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", ".", "a/b", "", "-x", "é"})
  void aStageThatCannotNameAFolderIsRefused(String name) {
    StageSettings stage = load("cooperative", List.of()).plan("contrast").settings();
    NetworkSettings network = load("cooperative", List.of()).network();

    assertThatThrownBy(() -> new Recipe("mine", network, List.of(name), Map.of(name, stage)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("order names stage '" + name + "', which cannot be a folder's name")
        .hasMessageContaining("letters, digits, dot, dash and underscore");
  }

  @Test
  void theKindDecidesWhichNetworkAndWhichKeys() {
    List<String> kind =
        List.of("recipe.network=null", "recipe.network.kind=mt-unet", "recipe.network.hidden=64");
    assertThatThrownBy(() -> load("cooperative", kind))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("cogaze.recipe.network.base-width is missing");
    List<String> whole = new ArrayList<>(kind);
    whole.add("recipe.network.base-width=8");
    whole.add("recipe.network.dropout=0.25");
    assertThat(load("cooperative", whole).network())
        .isEqualTo(new NetworkSettings.MtUnet(8, 64, 0.25));
    assertThatThrownBy(() -> load("cooperative", List.of("recipe.network.kind=mt-unets")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("expected one of cooperative, densenet, mt-unet")
        .hasMessageContaining("did you mean mt-unet?");
  }

  @Test
  void aStageOutOfOrderIsRefused() {
    assertThatThrownBy(
            () -> load("cooperative", List.of("recipe.order=[classify, contrast, saliency, fuse]")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'classify' takes weights from 'contrast', which is not an earlier");
  }

  @Test
  void anUnknownStageNameListsTheKnownOnes() {
    assertThatThrownBy(() -> load("cooperative", List.of()).plans(List.of("fusion")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("has no stage 'fusion'; its stages are [contrast, classify,");
  }

  @Test
  void trainingHasDefaults() {
    ConfigBinder binder = CogazeConfig.load(LoadRequest.of(List.of(), List.of())).binder();
    Supplier<TrainSettings> settings = binder.bind("train", TrainSettings.class);
    binder.check();

    assertThat(settings.get().workers()).isEqualTo(2);
    assertThat(settings.get().averagingSlices()).as("as it fits their size").isZero();
    assertThat(settings.get().prefetchBatches()).isEqualTo(2);
    assertThat(settings.get().averageUpdaterEvery()).isEqualTo(1);
    assertThat(settings.get().sendsDeltas()).isFalse();
  }

  private static Recipe load(String name, List<String> overrides) {
    ConfigBinder binder =
        CogazeConfig.load(
                LoadRequest.of(
                    List.of(ConfigSource.resource("recipes/" + name + ".conf")), overrides))
            .binder();
    Supplier<Recipe> recipe = binder.bind("recipe", Recipe.class);
    binder.check();
    return recipe.get();
  }
}
