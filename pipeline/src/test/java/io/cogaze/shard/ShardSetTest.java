package io.cogaze.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShardSetTest {
  @TempDir Path folder;
  private final Configuration conf = new Configuration();
  private List<Example> examples;
  private String dataFile;

  @BeforeEach
  void publish() throws IOException {
    FileSystem fs = FileSystem.getLocal(conf).getRaw();
    org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path(folder.toUri());
    FolderCommit commit = FolderCommit.begin(fs, root, ShardManifest.KIND);
    examples = ExampleGenerator.withSeed(1).draw(10, 4, 6);
    dataFile = FolderCommit.fileName("data/part-00000", ".parquet");
    ShardWriter writer =
        new ShardWriter(
            fs,
            root,
            dataFile,
            ExampleGenerator.CLASSES,
            new StorageSettings(4, Compression.SNAPPY));
    List<IndexEntry> index = new ArrayList<>();
    try (writer) {
      for (Example example : examples) {
        index.add(writer.write(example));
      }
    }
    add(commit, dataFile, writer.written());
    org.apache.hadoop.fs.Path file = commit.newFile("index/part-00000", ".parquet");
    add(
        commit,
        commit.relativeName(file),
        ShardTables.INDEX.writeAll(fs, file, StorageSettings.TABLE, index));
    commit.publish(manifest().body());
  }

  private static void add(FolderCommit commit, String name, WrittenFile written) {
    commit.add(name, written.sizeBytes(), written.sha256(), OptionalLong.of(written.rows()));
  }

  private static ShardManifest manifest() {
    Map<Split, SplitCounts> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      counts.put(split, new SplitCounts(3, 2, 1, Map.of("CHF", 1L)));
    }
    return new ShardManifest(
        "egd-cxr",
        4,
        6,
        ExampleGenerator.CLASSES,
        counts,
        1,
        2,
        "c",
        "i",
        "x",
        0.5,
        0.25,
        Map.of("scale", "1.0"));
  }

  private ShardSet open() {
    return ShardSet.open(conf, folder.toUri());
  }

  @Test
  void everyExampleIsFoundThroughTheIndexAlsoByAHandleThatTravelled() throws Exception {
    ShardSet set = open();
    assertThat(set.manifest()).isEqualTo(manifest());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(set.handle());
    }
    ShardHandle handle;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      handle = (ShardHandle) in.readObject();
    }
    assertThat(set.index()).hasSize(10);
    for (IndexEntry entry : set.index()) {
      try (ShardReader reader = handle.reader(entry.file())) {
        assertThat(reader.readRowGroup(entry.rowGroup()).get(entry.row()))
            .usingRecursiveComparison()
            .isEqualTo(
                examples.stream()
                    .filter(example -> example.exampleId().equals(entry.exampleId()))
                    .findFirst()
                    .orElseThrow());
      }
    }
  }

  @Test
  void aFileThatTheManifestDoesNotListIsNotRead() throws IOException {
    Files.copy(folder.resolve(dataFile), folder.resolve("data/other.parquet"));
    assertThatThrownBy(() -> open().reader("data/other.parquet"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its manifest lists no such file");
  }

  @Test
  void aFileOfAnotherSizeOrNoneIsRefusedWithTheFix() throws IOException {
    byte[] whole = Files.readAllBytes(folder.resolve(dataFile));
    Files.write(folder.resolve(dataFile), java.util.Arrays.copyOf(whole, 100));
    assertThatThrownBy(() -> open().reader(dataFile))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("it has 100 bytes, its manifest says " + whole.length)
        .hasMessageContaining("--overwrite");
    Files.delete(folder.resolve(dataFile));
    assertThatThrownBy(() -> open().reader(dataFile))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("which the manifest of the shard set lists");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aFileWithAFlippedByteIsRefusedOrReadAsItWasWritten(int seed) throws IOException {
    Path file = folder.resolve(dataFile);
    byte[] bytes = Files.readAllBytes(file);
    List<List<Example>> whole = rows();
    Random random = new Random(seed);
    int refused = 0;
    for (int flip = 0; flip < 40; flip++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
      Files.write(file, damaged);
      // What a copy by other programs leaves: Hadoop's checksums beside the files are gone.
      Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
      try {
        assertThat(rows()).usingRecursiveComparison().isEqualTo(whole);
      } catch (InputException e) {
        assertThat(e).hasMessageContaining(file.getFileName().toString());
        refused++;
      }
    }
    assertThat(refused).as("flips that were noticed").isGreaterThan(10);
  }

  static IntStream seeds() {
    return IntStream.range(0, 5);
  }

  private List<List<Example>> rows() {
    List<List<Example>> rows = new ArrayList<>();
    try (ShardReader reader = open().reader(dataFile)) {
      for (int group = 0; group < reader.rowGroups(); group++) {
        rows.add(reader.readRowGroup(group));
      }
    }
    return rows;
  }

  @Test
  void aManifestThatLacksAKeyIsRefusedWithItsName() {
    Map<String, Object> body = manifest().body();
    body.remove("target_classes");
    assertThatThrownBy(() -> ShardManifest.ofBody(io.cogaze.run.Json.tree(body), "m.json"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("m.json: its manifest lacks 'target_classes'");
  }
}
