package io.cogaze.train;

import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import io.cogaze.shard.Example;
import io.cogaze.shard.Geometry;
import io.cogaze.shard.IndexEntry;
import io.cogaze.shard.SaliencyTarget;
import io.cogaze.shard.ShardManifest;
import io.cogaze.shard.ShardSet;
import io.cogaze.shard.ShardTables;
import io.cogaze.shard.ShardWriter;
import io.cogaze.shard.Split;
import io.cogaze.shard.SplitCounts;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A small shard set for tests: three classes that differ in which third of the picture is bright,
 * with the gaze there.
 */
public final class TrainingShards {
  public static final List<String> CLASSES = List.of("Normal", "CHF", "pneumonia");
  private static final int FILES = 2;

  private TrainingShards() {}

  /** Writes train and valid examples of the given size into a folder. */
  public static URI write(java.nio.file.Path folder, int train, int valid, int height, int width)
      throws IOException {
    return write(folder, train, valid, height, width, Map.of("intensity", "max"));
  }

  /** As the other, in this many data files. */
  public static URI write(
      java.nio.file.Path folder, int files, int train, int valid, int height, int width)
      throws IOException {
    Map<String, String> preprocessing = Map.of("intensity", "max");
    return write(folder, files, train, valid, height, width, preprocessing);
  }

  /** As the other, with these preprocessing settings in the manifest. */
  public static URI write(
      java.nio.file.Path folder,
      int train,
      int valid,
      int height,
      int width,
      Map<String, String> preprocessing)
      throws IOException {
    return write(folder, FILES, train, valid, height, width, preprocessing);
  }

  private static URI write(
      java.nio.file.Path folder,
      int files,
      int train,
      int valid,
      int height,
      int width,
      Map<String, String> preprocessing)
      throws IOException {
    FileSystem fs = FileSystem.getLocal(new Configuration());
    Path path = new Path(folder.toUri());
    FolderCommit commit = FolderCommit.begin(fs, path, ShardManifest.KIND);
    List<IndexEntry> index = new ArrayList<>();
    StorageSettings storage = new StorageSettings(4, io.cogaze.shard.Compression.NONE);
    for (int file = 0; file < files; file++) {
      String name = FolderCommit.fileName("data/part-" + file, ".parquet");
      ShardWriter writer = new ShardWriter(fs, path, name, CLASSES, storage);
      try (writer) {
        for (int i = file; i < train + valid; i += files) {
          Split split = i < train ? Split.TRAIN : Split.VALID;
          index.add(writer.write(example(i, split, height, width)));
        }
      }
      add(commit, name, writer.written());
    }
    String name = FolderCommit.fileName("index/index", ".parquet");
    add(commit, name, ShardTables.INDEX.writeAll(fs, new Path(path, name), storage, index));
    Map<Split, SplitCounts> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      long n = index.stream().filter(entry -> entry.split() == split).count();
      counts.put(split, new SplitCounts(n, n, n, perClass(index, split)));
    }
    ShardManifest manifest =
        new ShardManifest(
            "test",
            height,
            width,
            CLASSES,
            counts,
            0,
            0,
            "config",
            "input",
            "content-" + train + "-" + valid + "-" + height + "-" + width,
            0.5,
            0.2,
            preprocessing);
    commit.publish(manifest.body());
    return folder.toUri();
  }

  private static Map<String, Long> perClass(List<IndexEntry> index, Split split) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (int target = 0; target < CLASSES.size(); target++) {
      int wanted = target;
      counts.put(
          CLASSES.get(target),
          index.stream()
              .filter(entry -> entry.split() == split && entry.targetClass() == wanted)
              .count());
    }
    return counts;
  }

  /** Makes a set's index say something else of its data, whole in every other way. */
  public static void reindex(URI folder, UnaryOperator<IndexEntry> change) throws IOException {
    Configuration hadoop = new Configuration();
    FileSystem fs = FileSystem.getLocal(hadoop);
    Path path = new Path(folder);
    List<IndexEntry> index = ShardSet.open(hadoop, folder).index().stream().map(change).toList();
    Manifest before = Manifest.read(fs, path);
    FolderCommit commit = FolderCommit.begin(fs, path, ShardManifest.KIND);
    before.files().stream().filter(file -> !file.name().startsWith("index/")).forEach(commit::add);
    String name = FolderCommit.fileName("index/index", ".parquet");
    StorageSettings storage = new StorageSettings(4, io.cogaze.shard.Compression.NONE);
    add(commit, name, ShardTables.INDEX.writeAll(fs, new Path(path, name), storage, index));
    TreeMap<String, Object> body = new TreeMap<>();
    before.body().properties().forEach(entry -> body.put(entry.getKey(), entry.getValue()));
    commit.publish(body);
  }

  private static void add(FolderCommit commit, String name, WrittenFile written) {
    commit.add(new ManifestFile(name, written.sizeBytes(), written.sha256(), written.rows()));
  }

  /** Example number i: class i mod 3. */
  public static Example example(int i, Split split, int height, int width) {
    Random random = new Random(1000 + i);
    int target = i % CLASSES.size();
    short[] pixels = new short[height * width];
    short[] gaze = new short[height * width];
    long mass = 0;
    for (int p = 0; p < pixels.length; p++) {
      boolean bright = p / width * CLASSES.size() / height == target;
      pixels[p] = (short) ((bright ? 40_000 : 15_000) + random.nextInt(12_000));
      int value = (bright ? 200 : 10) + random.nextInt(20);
      gaze[p] = (short) value;
      mass += value;
    }
    Map<String, Float> labels = new TreeMap<>();
    for (int c = 0; c < CLASSES.size(); c++) {
      labels.put(CLASSES.get(c), c == target ? 1f : 0f);
    }
    return new Example(
        "example-%04d".formatted(i),
        "image-" + i,
        "study-" + i,
        "patient-" + i,
        "test",
        "",
        split,
        height,
        width,
        pixels,
        Optional.of(new SaliencyTarget(gaze, 1f / mass)),
        Map.of(),
        labels,
        List.of(),
        new Geometry(width, height, 0, 0, 1));
  }
}
