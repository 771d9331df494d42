package io.cogaze.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir java.nio.file.Path folder;

  private static Side side(String name, long peakMb, double... seconds) {
    List<List<Double>> turns =
        java.util.Arrays.stream(seconds).mapToObj(s -> List.of(s, s * 3, s / 3)).toList();
    return new Side(name, "engine of " + name, 9.0, turns, peakMb);
  }

  private static final Comparison MEASURED =
      new Comparison(
          BenchCase.parse("cooperative:320x256:2"),
          2,
          Phase.TRAIN,
          66_637_380,
          side(Order.COGAZE, 4000, 3.0, 2.0, 4.0),
          side(Order.CONTIGUOUS, 3100, 8.0, 8.5, 9.0),
          side(Order.CHANNELS_LAST, 3200, 6.0, 5.0, 9.0),
          Optional.empty());

  @Test
  void theObjectOfACaseHasTheseFieldsInThisOrder() {
    assertThat(MEASURED.toJson().fieldNames())
        .toIterable()
        .containsExactly(
            "network",
            "height",
            "width",
            "batch",
            "threads",
            "phase",
            "cogaze_s",
            "peer_s",
            "ratio",
            "ratio_min",
            "ratio_max",
            "peak_mb",
            "peer_peak_mb");
  }

  @Test
  void theFasterFormatIsThePeerAndTheRatioCountsImages() {
    ObjectNode json = MEASURED.toJson();

    assertThat(json.get("cogaze_s").asDouble()).isEqualTo(3.0);
    assertThat(json.get("peer_s").asDouble()).isEqualTo(6.0);
    assertThat(json.get("ratio").asDouble()).isEqualTo(2.0);
    assertThat(json.get("ratio_min").asDouble()).isEqualTo(2.0);
    assertThat(json.get("ratio_max").asDouble()).isEqualTo(2.5);
    assertThat(json.get("peak_mb").asLong()).isEqualTo(4000);
    assertThat(json.get("peer_peak_mb").asLong()).isEqualTo(3200);
    assertThat(json.get("phase").asText()).isEqualTo("train");
  }

  @Test
  void theMedianOfAnEvenNumberIsTheMiddleOfTheTwo() {
    assertThat(Side.median(List.of(4.0, 1.0, 3.0, 100.0))).isEqualTo(3.5, within(1e-12));
  }

  @Test
  void theTableForPeopleShowsRatioSpreadAndMemory() {
    StringWriter text = new StringWriter();

    TextTable.print(new PrintWriter(text), List.of(MEASURED));

    assertThat(text.toString())
        .contains("2 threads", "of 3 pairs")
        .containsPattern("cooperative:320x256:2 +train +3\\.000 +8\\.500 +6\\.000")
        .contains("2.00 (2.00 - 2.50)")
        .containsPattern(" 4000 +3200");
  }

  @Test
  void aNewBenchmarkTakesTheOldOnesPlace() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path to = new Path(folder.resolve("bench").toUri());

    BenchFolder bench = BenchFolder.of(fs, to);

    bench.write("engine", Comparison.tables(List.of(MEASURED, MEASURED)));
    bench.write("engine", Comparison.tables(List.of(MEASURED)));

    Manifest manifest = Manifest.read(fs, to, BenchFolder.KIND);
    assertThat(manifest.files()).hasSize(2);
    assertThat(manifest.file("results", ".parquet").rows()).hasValue(1);
    // The first step and three pairs of three, of three sides.
    assertThat(manifest.file("steps", ".parquet").rows()).hasValue(30);
    try (var files = Files.list(folder.resolve("bench"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).hasSize(2);
    }
    ObjectNode row =
        Comparison.RESULTS
            .parquet()
            .readAll(fs.getConf(), new Path(to, manifest.file("results", ".parquet").name()))
            .get(0);
    assertThat(row.get("ratio").asDouble()).isEqualTo(2.0);
    assertThat(row.get("peer_format").asText()).isEqualTo("channels_last");
    assertThat(row.get("parameters").asLong()).isEqualTo(66_637_380);
    assertThat(row.get("cogaze_first_s").asDouble()).isEqualTo(9.0);
  }

  @Test
  void aFolderOfSomethingElseIsLeftAlone() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path to = new Path(folder.resolve("shards").toUri());
    FolderCommit.begin(fs, to, "shards").publish(Map.of());

    assertThatThrownBy(() -> BenchFolder.of(fs, to))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it holds shards");
  }
}
