package io.cogaze.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
  @TempDir java.nio.file.Path temporary;

  private FileSystem local;
  private Path folder;

  @BeforeEach
  void open() throws IOException {
    local = FileSystem.getLocal(new Configuration());
    folder = new Path(temporary.toUri().getPath(), "run");
  }

  @Test
  void decidesWhatToDoAboutAFolderThatWasWrittenBefore() {
    ConfigStamp first = stamp("h1", Map.of("a.x", "1", "a.y", "2"));
    assertThat(Rerun.decide(local, folder, "shards", first, false).action())
        .isEqualTo(Rerun.Action.WRITE);
    Map<String, Object> body = new HashMap<>();
    first.putInto(body);
    Manifest manifest = FolderCommit.begin(local, folder, "shards").publish(body);
    assertThat(ConfigStamp.of(manifest)).isEqualTo(first);

    Rerun again = Rerun.decide(local, folder, "shards", first, false);
    assertThat(again.action()).isEqualTo(Rerun.Action.ALREADY_DONE);
    assertThat(again.committed()).contains(manifest);

    ConfigStamp other = stamp("h2", Map.of("a.x", "3", "a.z", "4"));
    assertThat(Rerun.decide(local, folder, "shards", other, true).action())
        .isEqualTo(Rerun.Action.OVERWRITE);
    assertThatThrownBy(() -> Rerun.decide(local, folder, "shards", other, false))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("a.x: there 1, now 3")
        .hasMessageContaining("a.y: there 2, now (absent)")
        .hasMessageContaining("a.z: there (absent), now 4")
        .hasMessageContaining("--overwrite");
    assertThatThrownBy(() -> Rerun.decide(local, folder, "checkpoint", other, true))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it holds shards");
  }

  @Test
  void saysThatOnlyTheHashDiffersWhereNoValueDoes() {
    assertThat(Rerun.differences(stamp("h1", Map.of()), stamp("h2", Map.of())))
        .containsExactly("configuration hash: there h1, now h2");
  }

  private static ConfigStamp stamp(String hash, Map<String, String> values) {
    return new ConfigStamp(hash, new TreeMap<>(values));
  }

  @Test
  void theSummaryHoldsWhatSchedulersRead() throws IOException {
    AtomicLong clock = new AtomicLong();
    PhaseTimer timer = new PhaseTimer(clock::get);
    timer.run("read", () -> clock.addAndGet(1_500_000_000L));
    int answer =
        timer.call(
            "decode",
            () -> {
              clock.addAndGet(250_400_000L);
              return 42;
            });
    assertThat(answer).isEqualTo(42);
    Summary.of("evaluate")
        .count("examples", 150)
        .phases(timer)
        .metric("auroc_macro", 0.93)
        .metric("kl_mean", Double.NaN)
        .floor("auroc_macro", 0.5)
        .file("predictions", "evaluation/test/predictions.parquet")
        .note("synthetic data")
        .write(local, folder);
    JsonNode json = Json.read(local, new Path(folder, "summary.json"));
    assertThat(json.path("command").asText()).isEqualTo("evaluate");
    assertThat(json.path("state").asText()).isEqualTo("done");
    assertThat(json.path("counts").path("examples").asLong()).isEqualTo(150);
    assertThat(json.path("seconds").asDouble()).isEqualTo(1.75);
    assertThat(json.path("phases").path(1).path("name").asText()).isEqualTo("decode");
    assertThat(json.path("phases").path(1).path("seconds").asText()).isEqualTo("0.25");
    assertThat(json.path("metrics").path("auroc_macro").asDouble()).isEqualTo(0.93);
    assertThat(json.path("metrics").path("kl_mean").isNull()).isTrue();
    assertThat(json.path("floor").path("auroc_macro").asDouble()).isEqualTo(0.5);
    assertThat(json.path("files").path("predictions").asText()).endsWith("predictions.parquet");
    assertThat(json.path("versions").path("spark").asText()).startsWith("3.5");
    assertThat(json.path("versions").path("cogaze").asText()).matches("\\d+\\..*");
    assertThat(json.path("versions").path("dl4j").asText()).startsWith("1.0.0");
    assertThat(json.has("details")).isFalse();
  }

  @Test
  void theTimerNotesPhasesThatFailAndPassesTheirErrorsOn() {
    AtomicLong clock = new AtomicLong();
    PhaseTimer timer = new PhaseTimer(clock::get);
    assertThatThrownBy(
            () ->
                timer.call(
                    "read shards",
                    () -> {
                      clock.addAndGet(2_000_000_000L);
                      throw new IOException("disk full");
                    }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("Cannot read shards: disk full");
    assertThatThrownBy(
            () ->
                timer.run(
                    "check",
                    () -> {
                      throw new InputException("bad row");
                    }))
        .isInstanceOf(InputException.class)
        .hasMessage("bad row");
    assertThat(timer.phases())
        .containsExactly(new PhaseTimer.Phase("read shards", 2), new PhaseTimer.Phase("check", 0));
    assertThat(timer.table().lines())
        .containsExactly(
            "read shards       2.0 s", "check             0.0 s", "total             2.0 s");
  }

  @Test
  void provenanceSurvivesItsFileAndGivesTheSameBytes() {
    Provenance provenance =
        new Provenance(
            new TreeMap<>(Map.of("shards", "ab", "weights", "cd")),
            "hash",
            Versions.current(),
            new TreeMap<>(Map.of("train", Long.MIN_VALUE, "split", 7L)),
            "linux-x86_64-onednn-avx2",
            2,
            4,
            new TreeMap<>(Map.of("weights", "not pretrained")));
    Provenance read = Provenance.parse(provenance.bytes());
    assertThat(read).isEqualTo(provenance);
    assertThat(read.bytes()).isEqualTo(provenance.bytes());
  }

  @Test
  void laysARunOut() {
    RunLayout run = new RunLayout(new Path("s3a://bucket/runs/r1"));
    assertThat(run.stage("fuse").checkpoint(7))
        .hasToString("s3a://bucket/runs/r1/stages/fuse/checkpoints/0007");
    assertThat(run.stage("fuse").metrics()).hasToString("s3a://bucket/runs/r1/stages/fuse/metrics");
    assertThat(run.evaluation("test")).hasToString("s3a://bucket/runs/r1/evaluation/test");
    assertThat(run.reportFile()).hasToString("s3a://bucket/runs/r1/report/report.html");
    assertThat(run.recipeFile()).hasToString("s3a://bucket/runs/r1/recipe.conf");
    assertThatThrownBy(() -> run.stage("../x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'../x'");
  }

  @Test
  void hashesStreamsAsItHashesBytes() throws IOException {
    byte[] bytes = new byte[200_003];
    new Random(3).nextBytes(bytes);
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    HashingOutputStream out = new HashingOutputStream(copy);
    out.write(bytes, 0, 70_000);
    out.write(bytes[70_000]);
    out.write(bytes, 70_001, bytes.length - 70_001);
    assertThat(out.count()).isEqualTo(bytes.length);
    assertThat(out.sha256())
        .isEqualTo(out.sha256())
        .isEqualTo(Sha256.of(bytes))
        .isEqualTo(Sha256.of(new ByteArrayInputStream(bytes)));
    assertThat(copy.toByteArray()).isEqualTo(bytes);
    // FIPS 180-2 appendix B.1.
    assertThat(Sha256.of("abc"))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void writesJsonInOneSpellingOnly() {
    Map<String, Object> value = new HashMap<>();
    value.put("b", new int[] {1, 2});
    value.put("a", Map.of("y", 1.5, "x", "ü"));
    assertThat(new String(Json.bytes(value), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {
              "a" : {
                "x" : "ü",
                "y" : 1.5
              },
              "b" : [
                1,
                2
              ]
            }
            """);
    assertThatThrownBy(() -> Json.parse("{} x".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(UncheckedIOException.class);
  }
}
