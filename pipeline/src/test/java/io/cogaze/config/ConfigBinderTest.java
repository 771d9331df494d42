package io.cogaze.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigBinderTest {
  enum Intensity {
    MAX,
    WINDOW_LEVEL
  }

  record Inner(@Positive double sigmaPx, Intensity intensity) {}

  sealed interface Sampler permits UniformSampler, BalancedSampler {}

  record UniformSampler() implements Sampler {}

  record BalancedSampler(@Range(min = 0, max = 1) double share) implements Sampler {}

  record Stage(String name, @Default("5") @Positive int epochs, Sampler sampler) {}

  record Settings(
      @Range(min = 16, max = 4096) int height,
      long seed,
      boolean augment,
      @OneOf({"area", "stride"}) String reduction,
      Inner inner,
      Optional<Double> dropout,
      List<String> classes,
      Map<String, Double> classWeights,
      List<Stage> stages) {
    Settings {
      if (classes.isEmpty()) {
        throw new IllegalArgumentException("classes must not be empty");
      }
    }
  }

  private static final String REFERENCE =
      """
      cogaze {
        prep {
          height = 320
          seed = 7
          augment = true
          reduction = area
          inner { sigma-px = 2.5, intensity = max }
          classes = [Normal, CHF]
          class-weights { CHF = 2 }
          stages = [
            { name = contrast, sampler { kind = uniform } }
            { name = fuse, epochs = 2, sampler { kind = balanced, share = 0.5 } }
          ]
        }
        other { known = 1 }
        recipe {}
      }
      """;

  @Test
  void bindsEveryKindOfComponent() {
    assertThat(bind("").get())
        .isEqualTo(
            new Settings(
                320,
                7,
                true,
                "area",
                new Inner(2.5, Intensity.MAX),
                Optional.empty(),
                List.of("Normal", "CHF"),
                Map.of("CHF", 2.0),
                List.of(
                    new Stage("contrast", 5, new UniformSampler()),
                    new Stage("fuse", 2, new BalancedSampler(0.5)))));
  }

  @Test
  void listsEveryProblemWithFileAndLineInOneException() {
    String user =
        """
        cogaze.prep {
          height = 5
          seed = many
          inner {
            sigma-px = 0
            intensity = windwo-level
          }
          hieght = 3
        }
        train.epochs = 3
        """;
    assertThatThrownBy(() -> bind(user))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageStartingWith("The configuration has 6 errors:")
        .hasMessageContaining(
            "my.conf:2: cogaze.prep.height = 5, expected a whole number from 16 to 4096")
        .hasMessageContaining("my.conf:3: cogaze.prep.seed = \"many\", expected a whole number")
        .hasMessageContaining(
            "my.conf:5: cogaze.prep.inner.sigma-px = 0, expected a number above 0")
        .hasMessageContaining(
            "my.conf:6: cogaze.prep.inner.intensity = \"windwo-level\", expected one of max,"
                + " window-level; did you mean window-level?")
        .hasMessageContaining(
            "my.conf:8: unknown key cogaze.prep.hieght, did you mean cogaze.prep.height?")
        .hasMessageContaining("my.conf:10: unknown key train: all keys lie under cogaze");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "height = 20.5 | cogaze.prep.height = 20.5, expected a whole number from 16 to 4096",
        "height = 99999999999 | cogaze.prep.height = 99999999999, expected a whole number",
        "height = [1] | cogaze.prep.height = [1], expected a whole number",
        "height = null | cogaze.prep.height is null, expected a whole number",
        "augment = 1 | cogaze.prep.augment = 1, expected true or false",
        "reduction = mean | cogaze.prep.reduction = \"mean\", expected one of area, stride",
        "classes = Normal | cogaze.prep.classes = \"Normal\", expected a list [ ]",
        "classes = [] | cogaze.prep: classes must not be empty",
        "dropout = often | cogaze.prep.dropout = \"often\", expected a number",
        "dropout = \"NaN\" | cogaze.prep.dropout = \"NaN\", expected a number",
        "inner = 3 | cogaze.prep.inner = 3, expected a block { }",
        "class-weights.CHF = x | cogaze.prep.class-weights.CHF = \"x\", expected a number",
        "'stages = [{ name = x, sampler.kind = uniforn }]' | cogaze.prep.stages[0].sampler.kind ="
            + " \"uniforn\", expected one of uniform, balanced; did you mean uniform?",
        "'stages = [{ name = x, sampler {} }]' | cogaze.prep.stages[0].sampler.kind is missing",
        "'stages = [{ sampler.kind = uniform }]' | cogaze.prep.stages[0].name is missing",
        "'stages = [{ name = x, epochs = 0, sampler.kind = uniform }]' |"
            + " cogaze.prep.stages[0].epochs = 0, expected a whole number above 0",
      })
  void namesKeyValueAndRuleOfAWrongValue(String line, String message) {
    assertThatThrownBy(() -> bind("\ncogaze.prep { " + line + " }"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("1 error")
        .hasMessageContaining("my.conf:2: " + message);
  }

  @Test
  void listsEveryMissingKeyOfAMissingBlock() {
    CogazeConfig config = load("cogaze { }", "");
    ConfigBinder binder = config.binder();
    binder.bind("inner", Inner.class);
    assertThatThrownBy(binder::check)
        .hasMessageContaining("cogaze.inner.sigma-px is missing, expected a number above 0")
        .hasMessageContaining(
            "cogaze.inner.intensity is missing, expected one of max, window-level");
  }

  @Test
  void takesNumbersThatTheEnvironmentGivesAsText() {
    assertThat(bind("cogaze.prep.height = \"512\"").get().height()).isEqualTo(512);
  }

  @Test
  void namesTheOverrideWhoseBlockIsUnknown() {
    CogazeConfig config = CogazeConfig.load(LoadRequest.of(List.of(), List.of("trian.seed=5")));
    assertThatThrownBy(() -> config.binder().check())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--set trian.seed=5: unknown key cogaze.trian");
  }

  @Test
  void refusesUnknownKeysInBlocksThatNobodyBinds() {
    assertThatThrownBy(() -> bind("cogaze.other.knwon = 2"))
        .hasMessageContaining("my.conf:1: unknown key cogaze.other.knwon")
        .hasMessageContaining("did you mean cogaze.other.known?");
    assertThatThrownBy(() -> bind("cogaze.perp.height = 20"))
        .hasMessageContaining("unknown key cogaze.perp, did you mean cogaze.prep?");
  }

  @Test
  void letsABlockThatTheReferenceLeavesEmptyHoldAnything() {
    assertThat(bind("cogaze.recipe { stages = [1], x.y = 2 }").get().height()).isEqualTo(320);
  }

  @Test
  void leavesAloneWhatOthersRead() {
    CogazeConfig config = load(REFERENCE, "cogaze.mine.x = 1");
    ConfigBinder binder = config.binder().leave("mine");
    Supplier<Settings> settings = binder.bind("prep", Settings.class);
    binder.check();
    assertThat(settings.get().seed()).isEqualTo(7);
  }

  @Test
  void bindsABlockThatMayBeAbsent() {
    ConfigBinder binder = load("cogaze {}", "cogaze.a { sigma-px = 1, intensity = max }").binder();
    Supplier<Optional<Inner>> there = binder.bindIfPresent("a", Inner.class);
    Supplier<Optional<Inner>> absent = binder.bindIfPresent("b", Inner.class);
    binder.check();
    assertThat(there.get()).contains(new Inner(1, Intensity.MAX));
    assertThat(absent.get()).isEmpty();
  }

  @Test
  void givesNothingBeforeTheCheck() {
    ConfigBinder binder = load(REFERENCE, "").binder();
    Supplier<Settings> settings = binder.bind("prep", Settings.class);
    assertThatThrownBy(settings::get)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call check() first");
  }

  @Test
  void pointsAtTheValueThatAConstructorComplainsAbout() {
    assertThatThrownBy(() -> bind("cogaze.prep {\n\n\n  classes = []\n}"))
        .hasMessageContaining("my.conf:4: cogaze.prep: classes must not be empty");
  }

  @Test
  void refusesToRunOnARedactedConfiguration() {
    CogazeConfig config =
        load("cogaze.s { split-key = abc, api-token = xyz }", "cogaze.s.split-key = def");
    CogazeConfig copy = load(config.render(), "");
    assertThatThrownBy(() -> copy.binder().leave("s").check())
        .hasMessageContaining("cogaze.s.split-key holds what is left of a redacted value")
        .hasMessageContaining("cogaze.s.api-token holds what is left of a redacted value");
  }

  @Test
  void hidesSecretsInErrors() {
    record Access(int apiToken, int splitKey) {}
    ConfigBinder binder =
        load("cogaze.a { api-token = hush1, split-key = 1 }", "", "a.split-key=hush2").binder();
    binder.bind("a", Access.class);
    assertThatThrownBy(binder::check)
        .hasMessageContaining("cogaze.a.api-token = (redacted), expected a whole number")
        .hasMessageContaining("--set a.split-key=sha256:")
        .message()
        .doesNotContain("hush");
  }

  @ParameterizedTest
  @CsvSource({
    "fixationSigmaPx, fixation-sigma-px",
    "height, height",
    "minFixationMs2, min-fixation-ms2",
    "rowsPerURLCall, rows-per-url-call"
  })
  void readsComponentsByTheirKebabCaseKey(String component, String key) {
    assertThat(RecordBinder.key(component)).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({"eopchs, epochs", "learningrate, learning-rate", "batch_size, batch-size"})
  void findsTheNameThatWasMeant(String typed, String meant) {
    assertThat(NearestName.of(typed, List.of("epochs", "learning-rate", "batch-size")))
        .contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"z", "momentum", "''"})
  void suggestsNothingFarFetched(String typed) {
    assertThat(NearestName.of(typed, List.of("s", "epochs", "learning-rate"))).isEmpty();
  }

  private static Supplier<Settings> bind(String user) {
    ConfigBinder binder = load(REFERENCE, user).binder();
    Supplier<Settings> settings = binder.bind("prep", Settings.class);
    binder.check();
    return settings;
  }

  private static CogazeConfig load(String reference, String user, String... overrides) {
    List<ConfigSource> sources = new ArrayList<>();
    sources.add(ConfigSource.text("my.conf", user));
    return CogazeConfig.load(
        new LoadRequest(
            ConfigSource.text("reference.conf", reference), sources, List.of(overrides)));
  }

  @Test
  void checksEveryOtherValueOfABlockInWhichOneCannotBeReadAndListsThemInOrder() {
    String defaults = "cogaze.limits { workers = 2, threads = 1, window = 8, seed = 7 }";
    String user =
        """
        cogaze.limits {
          window = 0
          threads = 99999999999
          workers = 0
          seed = abc
        }
        """;
    ConfigBinder binder = load(defaults, user).binder();
    binder.bind("limits", Limits.class);
    assertThatThrownBy(binder::check)
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            """
            The configuration has 4 errors:
              my.conf:2: cogaze.limits: window must be 1 or more but is 0
              my.conf:3: cogaze.limits.threads = 99999999999, expected a whole number from -2147483648 to 2147483647
              my.conf:4: cogaze.limits: workers must be 1 or more but is 0
              my.conf:5: cogaze.limits.seed = "abc", expected a whole number""");
  }

  record Limits(int workers, int threads, int window, long seed) {
    Limits {
      if (workers < 1) {
        throw new IllegalArgumentException("workers must be 1 or more but is " + workers);
      }
      if (window < 1) {
        throw new IllegalArgumentException("window must be 1 or more but is " + window);
      }
    }
  }

  @Test
  void anOpenBraceOnTheCommandLineIsCalledOne() {
    assertThatThrownBy(
            () -> CogazeConfig.load(LoadRequest.of(List.of(), List.of("train={"))).binder().check())
        .hasMessageContaining("--set train={")
        .hasMessageContaining("expecting a closing brace '}'");
  }
}
