package io.cogaze.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CogazeConfigTest {
  private static final ConfigSource REFERENCE =
      ConfigSource.text(
          "reference.conf",
          """
          cogaze {
            # Everything about a.
            a {
              # The first.
              x = 1
              y = 2
              uri = "file:///tmp"
              list = [1, 2]
            }
            stages = [ { name = contrast, epochs = 3 }, { name = fuse, epochs = 4 } ]
          }
          """);

  @TempDir Path folder;

  @Test
  void laterSourcesWinOverEarlierOnesAndOverridesOverAll() {
    CogazeConfig config =
        load(
            List.of(
                ConfigSource.text("one.conf", "cogaze.a { x = 10, y = 20 }"),
                ConfigSource.text("two.conf", "cogaze.a { y = 200 }")),
            "a.x=5",
            "a.x=6");
    assertThat(config.values("a"))
        .containsEntry("a.x", "6")
        .containsEntry("a.y", "200")
        .containsEntry("a.list", "[1, 2]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.uri=hdfs://name:8020/p?q=1#f | a.uri | \"hdfs://name:8020/p?q=1#f\"",
        "cogaze.a.x=7 | a.x | 7",
        "a.x=1e-3 | a.x | 0.001",
        "a.x=true | a.x | true",
        "a.x=\"true\" | a.x | \"true\"",
        "a.x=007 | a.x | \"007\"",
        "a.list=[b, c] | a.list | [b, c]",
        "a.x=${cogaze.a.y} | a.x | 2",
        "a.uri= | a.uri | \"\"",
        "stages.fuse.epochs=9 | stages[1].epochs | 9",
        "stages.0.epochs=8 | stages[0].epochs | 8",
        "stages.1.sampler.kind=u | stages[1].sampler.kind | u",
      })
  void takesOverridesAsTheyAreTyped(String override, String path, String value) {
    CogazeConfig config = load(List.of(), override);
    assertThat(config.values("a", "stages")).containsEntry(path, value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.x | --set a.x: expected KEY=VALUE",
        "=3 | --set =3: expected KEY=VALUE",
        "a..x=3 | --set a..x=3: ",
        "cogaze=3 | the whole configuration cannot be set at once",
        "a.list=[1 | --set a.list=[1: ",
        "stages.fues.epochs=1 | --set stages.fues.epochs=1: cogaze.stages has no element 'fues':"
            + " expected a position from 0 to 1 or the name of an element (contrast, fuse)",
      })
  void namesTheOverrideThatIsWrong(String override, String message) {
    assertThatThrownBy(() -> load(List.of(), override))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsFilesWithTheirIncludesAndStreams() throws IOException {
    Files.writeString(folder.resolve("base.conf"), "cogaze.a { x = 3, y = 4 }");
    Path small = Files.writeString(folder.resolve("s.conf"), "include \"base.conf\"\ncogaze.a.y=5");
    byte[] text = "cogaze.a.uri = s3".getBytes(StandardCharsets.UTF_8);
    CogazeConfig config =
        load(
            List.of(
                ConfigSource.file(small),
                ConfigSource.stream("hdfs:///c.conf", new ByteArrayInputStream(text))));
    assertThat(config.values("a"))
        .containsEntry("a.x", "3")
        .containsEntry("a.y", "5")
        .containsEntry("a.uri", "s3");
  }

  @Test
  void listsEverySourceThatCannotBeReadOrParsed() throws IOException {
    Path syntax =
        Files.writeString(folder.resolve("syntax.conf"), "cogaze {\n  a = [1,\n  b = }\n");
    Path include = Files.writeString(folder.resolve("include.conf"), "\ninclude \"gone.conf\"\n");
    List<ConfigSource> sources =
        List.of(
            ConfigSource.file(syntax),
            ConfigSource.file(include),
            ConfigSource.file(folder.resolve("absent.conf")),
            ConfigSource.resource("absent-resource.conf"),
            ConfigSource.text("stream", "include \"x.conf\""));
    assertThatThrownBy(() -> load(sources, "oops"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("6 errors")
        .hasMessageContaining(syntax + ":3: ")
        .hasMessageContaining("include.conf: cannot include \"gone.conf\"")
        .hasMessageContaining("absent.conf: cannot be read: no such file")
        .hasMessageContaining("absent-resource.conf (built in): cannot be read: no such file")
        .hasMessageContaining("stream: cannot include \"x.conf\"")
        .hasMessageContaining("--set oops: expected KEY=VALUE");
  }

  @Test
  void namesTheLineOfASubstitutionThatLeadsNowhere() {
    assertThatThrownBy(() -> load(List.of(ConfigSource.text("s.conf", "\ncogaze.a.x = ${nope}"))))
        .hasMessageContaining("s.conf:2: ")
        .hasMessageContaining("nope");
  }

  @Test
  void reportsKeysThatAFileSetsTwice() {
    String text =
        """
        cogaze {
          a { x = 1, "y" = 2 } # x = 3
          a.x = 4
          a { y = ${?Y}, list = [ { x = 1 }, { x = 2 } ], list += 3 }
          b = \"\"\"c = 1
            c = 2\"\"\"
          a { uri = "{" , uri : 'u' // a = 1
          }
        }
        """;
    CogazeConfig config = load(List.of(ConfigSource.text("twice.conf", text)));
    assertThatThrownBy(() -> config.binder().leave("a").leave("b").leave("stages").check())
        .hasMessageContaining("2 errors")
        .hasMessageContaining("twice.conf:3: cogaze.a.x is set twice, first on line 2")
        .hasMessageContaining("twice.conf:7: cogaze.a.uri is set twice, first on line 7");
  }

  @Test
  void rendersTheBlocksThatAreAskedFor() {
    CogazeConfig config = load(List.of(), "a.x=5");
    CogazeConfig again =
        load(List.of(ConfigSource.text("rendered.conf", config.render(List.of("a", "none")))));

    assertThat(config.render(List.of("a"))).startsWith("cogaze {").doesNotContain("stages");
    assertThat(again.values("a")).isEqualTo(config.values("a"));
  }

  @Test
  void rendersWithoutSecretsAndShowsWhichKeyWasUsed() {
    CogazeConfig config =
        load(
            List.of(
                ConfigSource.text(
                    "s.conf",
                    "cogaze.a { split-key = abc, api-token = hush, "
                        + "deep { DB_PASSWORD = hush, list = [ { credentials = hush } ] } }")));
    assertThat(config.render())
        // The first characters of SHA-256("abc"), FIPS 180-2 appendix B.1.
        .contains("split-key=\"sha256:ba7816bf8f01\"")
        .contains("api-token=\"(redacted)\"")
        .doesNotContain("hush")
        .doesNotContain("abc\n");
    assertThat(config.renderExplained()).doesNotContain("hush");
    assertThat(config.values("a").toString()).doesNotContain("hush").doesNotContain("=abc");
  }

  @Test
  void explainsWhereEachValueComesFrom() {
    CogazeConfig config = load(List.of(ConfigSource.text("my.conf", "\ncogaze.a.y = 3")), "a.x=9");
    assertThat(config.renderExplained())
        .containsSubsequence("# Everything about a.", "# The first.", "# from --set a.x=9", "x=9")
        .containsSubsequence("# from my.conf:2", "y=3");
  }

  @Test
  void hashesKeysOfHashesButNotPasswords() {
    assertThat(hashOf("cogaze.a { split-key = k1 }"))
        .isNotEqualTo(hashOf("cogaze.a { split-key = k2 }"));
    assertThat(hashOf("cogaze.a { password = k1 }"))
        .isEqualTo(hashOf("cogaze.a { password = k2 }"));
  }

  @Test
  void hashesOnlyThePathsAskedFor() {
    CogazeConfig one = load(List.of(), "a.x=5");
    CogazeConfig two = load(List.of(), "a.x=6");
    assertThat(one.hash("a")).isNotEqualTo(two.hash("a")).hasSize(64);
    assertThat(one.hash("stages", "a.y")).isEqualTo(two.hash("a.y", "stages"));
    assertThat(one.hash("a.y")).isNotEqualTo(one.hash("stages"));
  }

  @ParameterizedTest
  @CsvSource({"1, 1.0", "1000, 1e3", "0.5, 5e-1"})
  void hashesNumbersByValue(String one, String other) {
    assertThat(hashOf("cogaze.a.x = " + one)).isEqualTo(hashOf("cogaze.a.x = " + other));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void hashDependsOnValuesAloneAndRenderingGivesThemBack(long seed) {
    Random random = new Random(seed);
    Map<String, String> leaves = new TreeMap<>();
    for (int i = 0; i < 12; i++) {
      leaves.put("k" + random.nextInt(4) + ".m" + i + "." + "n" + random.nextInt(3), value(random));
    }
    List<String> lines = new ArrayList<>();
    leaves.forEach((path, value) -> lines.add("cogaze." + path + " = " + value));
    CogazeConfig sorted = random(lines);
    Collections.shuffle(lines, random);
    CogazeConfig shuffled = random(lines);
    String[] paths = {"k0", "k1", "k2", "k3"};

    assertThat(shuffled.hash(paths)).as("seed %d", seed).isEqualTo(sorted.hash(paths));
    assertThat(shuffled.render()).isEqualTo(sorted.render());
    CogazeConfig again = random(List.of(sorted.render()));
    assertThat(again.values(paths)).isEqualTo(sorted.values(paths));
    assertThat(again.hash(paths)).isEqualTo(sorted.hash(paths));

    String changed = lines.get(0).substring(0, lines.get(0).indexOf('=')) + "= changed";
    lines.set(0, changed);
    assertThat(random(lines).hash(paths)).isNotEqualTo(sorted.hash(paths));
  }

  static LongStream seeds() {
    return LongStream.range(0, 50);
  }

  private static String value(Random random) {
    return switch (random.nextInt(7)) {
      case 0 -> Integer.toString(random.nextInt());
      case 1 -> Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20));
      case 2 -> "\"text with \\\" # \\\\ ${no} = and \\n line\"";
      case 3 -> Boolean.toString(random.nextBoolean());
      case 4 -> "[1, \"two\", [3.5]]";
      case 5 -> "[ { a = 1, \"b.c\" = \"true\" } ]";
      default -> "\"" + random.nextInt(100) + "\"";
    };
  }

  private static CogazeConfig random(List<String> lines) {
    return CogazeConfig.load(
        new LoadRequest(
            ConfigSource.text("r", "cogaze {}"),
            List.of(ConfigSource.text("random", String.join("\n", lines))),
            List.of()));
  }

  private static String hashOf(String text) {
    return load(List.of(ConfigSource.text("h", text))).hash("a");
  }

  private static CogazeConfig load(List<ConfigSource> sources, String... overrides) {
    return CogazeConfig.load(new LoadRequest(REFERENCE, sources, List.of(overrides)));
  }
}
