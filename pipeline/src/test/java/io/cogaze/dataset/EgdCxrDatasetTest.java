package io.cogaze.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EgdCxrDatasetTest {
  @TempDir Path folder;
  private final Configuration conf = new Configuration();

  private EgdCxrDataset open(Path input, Optional<String> imagesRoot) {
    return EgdCxrDataset.open(conf, hadoop(input), imagesRoot.map(org.apache.hadoop.fs.Path::new));
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }

  @Test
  void tablesAndImagesAreFoundBelowTheInputBesideItOrWhereTheSettingSays() throws IOException {
    EgdFixture fixture = EgdFixture.of(folder, 6).write();
    List<StudyRow> rows = open(folder, Optional.empty()).studies().rows();
    assertThat(rows).hasSize(6);
    assertThat(rows).extracting(StudyRow::exampleId).isSorted();
    assertThat(rows)
        .allSatisfy(row -> assertThat(Path.of(java.net.URI.create(row.image()))).exists());

    assertThat(open(fixture.tables, Optional.empty()).studies().rows()).isEqualTo(rows);
    assertThat(open(folder.resolve("egd-cxr"), Optional.empty()).studies().rows())
        .hasSize(6)
        .allSatisfy(row -> assertThat(row.image()).endsWith(".dcm"));

    Path elsewhere = folder.resolve("elsewhere");
    Files.move(fixture.images, elsewhere);
    assertThatThrownBy(() -> open(folder, Optional.empty()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("EGD-CXR ships no images")
        .hasMessageContaining("cogaze.preprocess.images-root");
    assertThat(open(folder, Optional.of(elsewhere.toString())).studies().rows()).hasSize(6);
  }

  @Test
  void aFolderThatIsNotThereOrHoldsSomethingElseIsRefusedWithTheLayout() throws IOException {
    assertThatThrownBy(() -> open(folder.resolve("none"), Optional.empty()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no folder")
        .hasMessageContaining("egd-cxr/1.0.0");
    assertThatThrownBy(() -> open(folder, Optional.empty()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no master_sheet.csv");
  }

  @Test
  void aDataSetWithoutMasksOrFixationsSaysSoOnce() throws IOException {
    EgdFixture fixture = EgdFixture.of(folder, 3).writeTables();
    EgdFixture.put(fixture.images.resolve("files/readme"), new byte[1]);
    Files.delete(fixture.tables.resolve("fixations.csv"));
    EgdCxrDataset dataset = open(folder, Optional.empty());
    assertThat(dataset.fixations()).isEmpty();
    Studies studies = dataset.studies();
    assertThat(studies.rows()).allSatisfy(row -> assertThat(row.masks()).isEmpty());
    assertThat(studies.warnings()).hasSize(1);
    assertThat(studies.warnings().get(0).message()).contains("no example has organ masks");
  }

  @Test
  void theInputHashChangesWithTheTablesAndOnlyWithThem() throws IOException {
    EgdFixture fixture = EgdFixture.of(folder, 3).write();
    String before = open(folder, Optional.empty()).inputHash();
    assertThat(open(folder, Optional.empty()).inputHash()).isEqualTo(before);
    fixture.gaze.add(EgdFixture.gazeRow(0, 50, 1, 1, 1));
    fixture.writeTables();
    assertThat(open(folder, Optional.empty()).inputHash()).isNotEqualTo(before);
  }

  @Test
  void lineNumbersAreFoundFromByteOffsets() throws IOException {
    Path file = Files.writeString(folder.resolve("lines.csv"), "a\nbb\r\nccc\n");
    assertThat(
            GazeTable.lineNumbers(
                FileSystem.getLocal(conf), file.toUri().toString(), List.of(0L, 2L, 2L, 6L)))
        .containsExactly(1L, 2L, 2L, 3L);
  }

  @Test
  void partsOfATrackMergeToTheSameWhateverTheirOrder() {
    GazeTrack first =
        new GazeTrack(
            new float[] {2, 1}, new float[2], new int[] {5, 6}, new int[] {7, 8}, 1, 0, 90, 9999);
    GazeTrack second =
        new GazeTrack(new float[] {1}, new float[1], new int[] {4}, new int[] {9}, 0, 2, 40, 60);
    GazeTrack merged = GazeTrack.merge(List.of(first, second));
    assertThat(merged)
        .usingRecursiveComparison()
        .isEqualTo(GazeTrack.merge(List.of(second, first)));
    assertThat(merged.startS()).containsExactly(1, 1, 2);
    assertThat(merged.x()).containsExactly(4, 6, 5);
    assertThat(merged.rows()).isEqualTo(6);
    assertThat(merged.firstRow()).isEqualTo(40);
    assertThat(merged.firstMalformed()).isEqualTo(60);
  }
}
