package io.cogaze.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.run.RunLayout;
import io.cogaze.run.StaleEvaluation;
import io.cogaze.run.Summary;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputsTest {
  @TempDir private java.nio.file.Path folder;

  @Test
  void filesOfASummaryAreNamedFromTheRunFolderOn() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path run = fs.makeQualified(new Path(folder.toString(), "a run"));
    JsonNode evaluated =
        Summary.of("evaluate").file("predictions", "predictions/fuse.parquet").toJson();
    Outputs.noteInRun(fs, run, new Path(run, "evaluation/test"), evaluated);
    JsonNode summary = Outputs.readObject(fs, new Path(run, Summary.FILE));
    assertThat(summary.path("files").path("predictions").asText())
        .isEqualTo("evaluation/test/predictions/fuse.parquet");
    assertThat(summary.path("commands").path("evaluate").path("files").path("predictions").asText())
        .isEqualTo("evaluation/test/predictions/fuse.parquet");
  }

  /** As a process leaves it that is killed over writing it. */
  @Test
  void aSummaryThatDoesNotFitItsChecksumsIsWrittenAnewInsteadOfFailing() throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path run = new Path(folder.toUri());
    Outputs.noteInRun(fs, run, Summary.of("train").detail("stages", "old").toJson());
    Files.writeString(folder.resolve(Summary.FILE), "{ \"command\" : ");
    assertThat(StaleEvaluation.withdraw(fs, new RunLayout(run))).isEmpty();

    Outputs.noteInRun(fs, run, Summary.of("train").detail("stages", "new").toJson());

    JsonNode summary = Outputs.readObject(fs, new Path(run, Summary.FILE));
    assertThat(summary.path("commands").path("train").path("details").path("stages").asText())
        .isEqualTo("new");
  }

  @Test
  void aFileElsewhereHasNoRelativeName() {
    assertThatThrownBy(() -> Outputs.relative(new Path("/a"), new Path("/ab/c")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("/ab/c does not lie in /a");
  }
}
