package io.cogaze.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ShardTablesTest {
  private static final StorageSettings SMALL = new StorageSettings(4, Compression.ZSTD);

  @TempDir java.nio.file.Path folder;
  private final Configuration conf = new Configuration();
  private FileSystem fs;

  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("test.seeds", 8));
  }

  @BeforeEach
  void openFileSystem() throws IOException {
    fs = FileSystem.getLocal(conf).getRaw();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatIsReadIsWhatWasWritten(long seed) throws IOException {
    List<Example> examples = ExampleGenerator.withSeed(seed).draw(1 + (int) (seed * 3), 6, 13);
    Path file = write("whole.parquet", examples, SMALL);

    List<Example> read = ShardTables.EXAMPLES.readAll(conf, file);

    assertThat(read)
        .as("seed %d", seed)
        .usingRecursiveComparison()
        .ignoringCollectionOrder()
        .isEqualTo(examples);
    assertThat(read).extracting(Example::exampleId).isSorted();
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void everyCompressionWorksWithoutInstalledNatives(Compression compression) throws IOException {
    List<Example> examples = ExampleGenerator.withSeed(3).draw(9, 8, 8);
    Path file = write("packed.parquet", examples, new StorageSettings(4, compression));
    assertThat(ShardTables.EXAMPLES.readAll(conf, file))
        .usingRecursiveComparison()
        .isEqualTo(examples);
  }

  @Test
  void rowGroupsHoldTheConfiguredNumberOfRowsAndAreReadInAnyOrder() throws IOException {
    List<Example> examples = ExampleGenerator.withSeed(1).draw(11, 5, 7);
    Path file = new Path(folder.toString(), "groups.parquet");
    List<RowPosition> positions = new ArrayList<>();
    try (ParquetTable.Writer<Example> writer = ShardTables.EXAMPLES.writer(fs, file, SMALL)) {
      for (Example example : examples) {
        positions.add(writer.write(example));
      }
    }
    try (ParquetTable.Reader<Example> reader = ShardTables.EXAMPLES.reader(conf, file)) {
      assertThat(reader.rowGroups()).isEqualTo(3);
      assertThat(reader.rows()).isEqualTo(11);
      for (int i = examples.size() - 1; i >= 0; i--) {
        List<Example> group = reader.readRowGroup(positions.get(i).rowGroup());
        assertThat(group).hasSize(positions.get(i).rowGroup() < 2 ? 4 : 3);
        assertThat(group.get(positions.get(i).row()).exampleId())
            .isEqualTo(examples.get(i).exampleId());
      }
      assertThatThrownBy(() -> reader.readRowGroup(3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("Row group 3")
          .hasMessageContaining("which has 3");
    }
  }

  @Test
  void equalExamplesGiveEqualBytesAndTheHashIsThatOfTheFile() throws Exception {
    Set<String> hashes = new HashSet<>();
    for (String name : List.of("a.parquet", "b.parquet")) {
      Path file = new Path(folder.toString(), name);
      WrittenFile written =
          ShardTables.EXAMPLES.writeAll(
              fs, file, SMALL, ExampleGenerator.withSeed(5).draw(10, 9, 9));
      byte[] bytes = Files.readAllBytes(folder.resolve(name));
      assertThat(written.sizeBytes()).isEqualTo(bytes.length);
      assertThat(written.rows()).isEqualTo(10);
      assertThat(written.sha256())
          .isEqualTo(
              HexFormat.of()
                  .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(bytes)));
      hashes.add(written.sha256());
    }
    assertThat(hashes).hasSize(1);
  }

  @Test
  void issuesIndexEntriesAndFingerprintsSurvive() throws IOException {
    List<Issue> issues =
        List.of(
            new Issue("master_sheet.csv", 7, "id", "read", "DUPLICATE_ID", "twice"),
            new Issue("eye_gaze.csv", 0, "", "read", "EMPTY", "é, \"quoted\"\nlines"));
    List<IndexEntry> index =
        List.of(new IndexEntry("id", "key", Split.VALID, -1, true, "data/x.parquet", 3, 2));
    List<Fingerprint> prints =
        List.of(new Fingerprint("id", Split.TEST, "aa", "", 10, 20, 0.5, 0.25, 7, 1, 0.125));
    Path file = new Path(folder.toString(), "table.parquet");

    ShardTables.ISSUES.writeAll(fs, file, StorageSettings.TABLE, issues);
    assertThat(ShardTables.ISSUES.readAll(conf, file)).isEqualTo(issues);
    fs.delete(file, false);
    ShardTables.INDEX.writeAll(fs, file, StorageSettings.TABLE, index);
    assertThat(ShardTables.INDEX.readAll(conf, file)).isEqualTo(index);
    fs.delete(file, false);
    ShardTables.FINGERPRINTS.writeAll(fs, file, StorageSettings.TABLE, prints);
    assertThat(ShardTables.FINGERPRINTS.readAll(conf, file)).isEqualTo(prints);
    fs.delete(file, false);
    ShardTables.ISSUES.writeAll(fs, file, StorageSettings.TABLE, List.of());
    assertThat(ShardTables.ISSUES.readAll(conf, file)).isEmpty();
  }

  @Test
  void aTruncatedFileIsRefusedWithItsName() throws IOException {
    Path file = write("cut.parquet", ExampleGenerator.withSeed(2).draw(5, 8, 8), SMALL);
    java.nio.file.Path local = folder.resolve("cut.parquet");
    byte[] bytes = Files.readAllBytes(local);
    Files.write(local, java.util.Arrays.copyOf(bytes, bytes.length - 20));

    assertThatThrownBy(() -> ShardTables.EXAMPLES.readAll(conf, file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cut.parquet")
        .hasMessageContaining("damaged");
  }

  @Test
  void aMissingFileAndAFileOfAnotherVersionAreRefused() throws IOException {
    Path missing = new Path(folder.toString(), "missing.parquet");
    assertThatThrownBy(() -> ShardTables.ISSUES.readAll(conf, missing))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("missing.parquet: no such file");

    ParquetTable<Issue> later =
        new ParquetTable<>(
            ShardTables.ISSUES.schema(),
            ShardTables.SCHEMA_VERSION + 1,
            (issue, group) -> {
              throw new IllegalStateException("no rows are written here");
            },
            group -> null);
    Path file = new Path(folder.toString(), "later.parquet");
    later.writeAll(fs, file, StorageSettings.TABLE, List.of());
    assertThatThrownBy(() -> ShardTables.ISSUES.readAll(conf, file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("schema version 2, this CoGaze reads version 1");
  }

  @Test
  void pixelsThatDoNotFillTheCanvasAreRefused() {
    Example example = ExampleGenerator.withSeed(4).draw(1, 4, 4).get(0);
    Example wrong =
        new Example(
            example.exampleId(),
            example.imageId(),
            example.studyId(),
            example.patientKey(),
            example.dataset(),
            example.reader(),
            example.split(),
            4,
            5,
            example.pixels(),
            example.gaze(),
            example.masks(),
            example.labels(),
            example.fixations(),
            example.geometry());
    assertThatThrownBy(() -> write("wrong.parquet", List.of(wrong), SMALL))
        .hasStackTraceContaining(
            "pixels has length 16, expected 20 for a canvas of 4 x 5 (height x width)");
  }

  @Test
  void anExampleWithTwoClassesOrNoneHasNoTargetClass() throws IOException {
    Example example = ExampleGenerator.withSeed(6).draw(1, 4, 4).get(0);
    List<Integer> classes = new ArrayList<>();
    try (ShardWriter writer =
        new ShardWriter(
            fs,
            new Path(folder.toUri()),
            "data/classes.parquet",
            ExampleGenerator.CLASSES,
            SMALL)) {
      for (java.util.Map<String, Float> labels :
          List.of(
              java.util.Map.of("Normal", 0f, "CHF", 0f, "pneumonia", 1f),
              java.util.Map.of("Normal", 1f, "CHF", 1f, "pneumonia", 0f),
              java.util.Map.<String, Float>of())) {
        classes.add(
            writer
                .write(
                    new Example(
                        example.exampleId(),
                        example.imageId(),
                        example.studyId(),
                        example.patientKey(),
                        example.dataset(),
                        example.reader(),
                        example.split(),
                        4,
                        4,
                        example.pixels(),
                        example.gaze(),
                        example.masks(),
                        labels,
                        example.fixations(),
                        example.geometry()))
                .targetClass());
      }
    }
    assertThat(classes).containsExactly(2, -1, -1);
  }

  private Path write(String name, List<Example> examples, StorageSettings storage)
      throws IOException {
    Path file = new Path(folder.toString(), name);
    ShardTables.EXAMPLES.writeAll(fs, file, storage, examples);
    return file;
  }
}
