package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectorTest {
  @TempDir private java.nio.file.Path folder;

  @Test
  void aRunShowsItsMetricsFirstAndItsConfigurationInJsonOnly() throws IOException {
    FolderCommit.begin(fs(), path("run/stages/fuse"), "stage")
        .publish(new TreeMap<>(Map.of("best_epoch", 3, "config", Map.of("train.seed", "7"))));
    Files.createDirectories(folder.resolve("run/evaluation/test"));
    Files.writeString(
        folder.resolve("run/evaluation/test/summary.json"), "{\"metrics\": {\"accuracy\": 0.5}}");

    ObjectNode found = new Inspector(fs()).inspect(path("run"));
    assertThat(found.at("/stages/fuse/result/config/train.seed").asText()).isEqualTo("7");
    StringWriter shown = new StringWriter();
    JsonOutline.print(new PrintWriter(shown, true), Inspector.brief(found));
    assertThat(shown.toString())
        .containsSubsequence("accuracy: 0.5", "fuse:", "best epoch: 3", "--json")
        .doesNotContain("train.seed");
  }

  @Test
  void hashAndProvenanceOfAStageAreThoseOfItsBestCheckpointAndUntilItIsFinishedOfTheNewest()
      throws IOException {
    for (int epoch : new int[] {1, 2, 10_000}) {
      FolderCommit commit =
          FolderCommit.begin(
              fs(), path("run/stages/classify/checkpoints/%04d".formatted(epoch)), "checkpoint");
      String provenance = "{\"notes\": {\"epoch\": \"%d\"}}".formatted(epoch);
      commit.write("provenance", ".json", provenance.getBytes(StandardCharsets.UTF_8));
      commit.publish(Map.of("parameters_sha256", "hash of " + epoch));
    }
    Files.writeString(folder.resolve("run/stages/classify/checkpoints/junk"), "no folder");

    ObjectNode unfinished = new Inspector(fs()).inspect(path("run"));
    assertThat(unfinished.at("/stages/classify/checkpoints").toString())
        .isEqualTo("[\"0001\",\"0002\",\"10000\"]");
    assertThat(unfinished.at("/stages/classify/parameters_sha256").asText())
        .isEqualTo("hash of 10000");
    assertThat(unfinished.at("/stages/classify/provenance/notes/epoch").asText())
        .isEqualTo("10000");

    FolderCommit.begin(fs(), path("run/stages/classify"), "stage")
        .publish(Map.of("best_epoch", 2, "parameters_sha256", "hash of 2"));
    ObjectNode finished = new Inspector(fs()).inspect(path("run"));
    assertThat(finished.at("/stages/classify/parameters_sha256").asText()).isEqualTo("hash of 2");
    assertThat(finished.at("/stages/classify/provenance/notes/epoch").asText()).isEqualTo("2");
  }

  @Test
  void aPartOfASetNamesTheSet() throws IOException {
    FolderCommit.begin(fs(), path("shards"), "shards").publish(new TreeMap<>());
    Files.createDirectories(folder.resolve("shards/data"));
    assertThatThrownBy(() -> new Inspector(fs()).inspect(path("shards/data")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it is a part of " + path("shards"));
  }

  @Test
  void aFileOfAnotherKindIsToldWhatCanBeInspected() throws IOException {
    Files.writeString(folder.resolve("master_sheet.csv"), "a,b\n1,2\n".repeat(100));
    assertThatThrownBy(() -> new Inspector(fs()).inspect(path("master_sheet.csv")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it is no DICOM file")
        .hasMessageContaining("give a folder");
  }

  private Path path(String name) {
    return new Path(folder.resolve(name).toUri().getPath());
  }

  private static FileSystem fs() throws IOException {
    return FileSystem.getLocal(new Configuration());
  }
}
