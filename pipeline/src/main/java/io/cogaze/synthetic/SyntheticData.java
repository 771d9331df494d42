package io.cogaze.synthetic;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import io.cogaze.run.ConfigStamp;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Folders;
import io.cogaze.run.HashingOutputStream;
import io.cogaze.run.Json;
import io.cogaze.run.LockSettings;
import io.cogaze.run.Manifest;
import io.cogaze.run.Rerun;
import io.cogaze.run.RunLock;
import io.cogaze.run.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.IOUtils;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a synthetic data set in the files of EGD-CXR 1.0.0 and the MIMIC-CXR DICOM tree. Images are
 * drawn in tasks; each task writes its image files and its parts of the tables, and the driver
 * streams the parts into the tables in order. Equal settings, number and seed give equal bytes
 * whatever the parallelism.
 *
 * <p>{@code manifest.json} is written last, master_sheet.csv just before it. A folder that an
 * interrupted attempt left is cleared and made anew.
 */
public final class SyntheticData {
  /** Kind of the manifest. */
  public static final String KIND = "synthetic";

  private static final Logger LOG = LoggerFactory.getLogger(SyntheticData.class);
  private static final int BUFFER = 1 << 16;

  private SyntheticData() {}

  /** As the other {@code generate}, refusing to replace another result. */
  public static SyntheticResult generate(
      SparkSession spark, URI output, SyntheticSettings settings, int images, long seed) {
    return generate(spark, output, settings, images, seed, false);
  }

  /**
   * Makes the data set, or finds that the folder already holds it.
   *
   * @param output any Hadoop URI; made if need be
   * @param images number of images, 1 to 10,000,000
   * @param overwrite whether a synthetic data set of other settings may be replaced
   *     <p>Errors: {@link io.cogaze.error.ConfigurationException} if the folder holds a synthetic
   *     data set of other settings; {@link InputException} if it holds files that CoGaze did not
   *     write; {@link io.cogaze.error.RunException} if someone else writes there.
   * @param lock how long the folder's lock outlives its holder
   */
  public static SyntheticResult generate(
      SparkSession spark,
      URI output,
      SyntheticSettings settings,
      int images,
      long seed,
      boolean overwrite,
      LockSettings lock) {
    return generate(spark, output, settings, images, seed, overwrite, lock, Integer.MAX_VALUE);
  }

  /** With the default lock. */
  public static SyntheticResult generate(
      SparkSession spark,
      URI output,
      SyntheticSettings settings,
      int images,
      long seed,
      boolean overwrite) {
    return generate(spark, output, settings, images, seed, overwrite, LockSettings.DEFAULT);
  }

  /** With the default lock and at most that many tasks. */
  static SyntheticResult generate(
      SparkSession spark,
      URI output,
      SyntheticSettings settings,
      int images,
      long seed,
      boolean overwrite,
      int mostTasks) {
    return generate(
        spark, output, settings, images, seed, overwrite, LockSettings.DEFAULT, mostTasks);
  }

  private static SyntheticResult generate(
      SparkSession spark,
      URI output,
      SyntheticSettings settings,
      int images,
      long seed,
      boolean overwrite,
      LockSettings lockSettings,
      int mostTasks) {
    if (images < 1 || images > Cohort.limit()) {
      throw new IllegalArgumentException(
          "Cannot make " + images + " images: the number must be 1 to " + Cohort.limit() + ".");
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    ConfigStamp stamp = stamp(settings, images, seed);
    try (FileSystem fs = ChunkTask.open(output, hadoop)) {
      Path root = new Path(output);
      Folders.make(fs, root);
      try (RunLock lock = RunLock.acquire(fs, root, "synthesize", lockSettings)) {
        Rerun rerun = Rerun.decide(fs, root, KIND, stamp, overwrite);
        if (rerun.action() == Rerun.Action.ALREADY_DONE
            && isWhole(fs, root, rerun.committed().orElseThrow())) {
          return result(output, rerun.committed().orElseThrow(), true);
        }
        clear(fs, root, rerun.committed().isPresent());
        Json.write(fs, new Path(root, Layout.STARTED), stamp.values());
        List<ChunkTask.Done> chunks = draw(spark, fs, root, settings, images, seed, mostTasks);
        Manifest manifest = publish(fs, root, stamp, chunks, lock);
        return result(output, manifest, false);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot write to " + new Path(output) + ": " + e.getMessage(), e);
    }
  }

  /** Whether the tables are there with their sizes. */
  private static boolean isWhole(FileSystem fs, Path root, Manifest manifest) {
    try {
      manifest.verify(fs, root, false);
      return true;
    } catch (InputException e) {
      LOG.warn("The synthetic data are damaged and made again: {}", e.getMessage());
      return false;
    }
  }

  /** Deletes what an earlier attempt of ours left; refuses to touch anything else. */
  private static void clear(FileSystem fs, Path root, boolean committed) throws IOException {
    boolean ours = committed || fs.exists(new Path(root, Layout.STARTED));
    for (String name : List.of("egd-cxr", "mimic-cxr", Layout.PARTS)) {
      Path path = new Path(root, name);
      if (!ours && fs.exists(path)) {
        throw new InputException(
            """
            Cannot make synthetic data in %s: it already holds %s.
              cause: CoGaze did not write it; it may be a real data set
              fix:   choose another --output folder"""
                .formatted(root, name));
      }
    }
    fs.delete(new Path(root, Manifest.FILE), false);
    for (String name : List.of("egd-cxr", "mimic-cxr", Layout.PARTS)) {
      fs.delete(new Path(root, name), true);
    }
  }

  private static List<ChunkTask.Done> draw(
      SparkSession spark,
      FileSystem fs,
      Path root,
      SyntheticSettings settings,
      int images,
      long seed,
      int mostTasks) {
    int chunks = (int) ((images + (long) ChunkTask.IMAGES - 1) / ChunkTask.IMAGES);
    List<Integer> numbers = IntStream.range(0, chunks).boxed().toList();
    JavaSparkContext java = JavaSparkContext.fromSparkContext(spark.sparkContext());
    java.setJobGroup("synthesize", "synthesize: " + images + " images");
    Broadcast<SerializableConfiguration> hadoop =
        java.broadcast(new SerializableConfiguration(fs.getConf()));
    ChunkTask task = new ChunkTask(root.toUri(), settings, images, seed, hadoop);
    List<ChunkTask.Done> done =
        java.parallelize(numbers, Math.min(chunks, mostTasks)).map(task).collect();
    java.clearJobGroup();
    return done.stream().sorted(Comparator.comparingInt(ChunkTask.Done::chunk)).toList();
  }

  private static Manifest publish(
      FileSystem fs, Path root, ConfigStamp stamp, List<ChunkTask.Done> chunks, RunLock lock)
      throws IOException {
    FolderCommit commit = FolderCommit.begin(fs, root, KIND).guardedBy(lock);
    StringBuilder hashes = new StringBuilder();
    chunks.forEach(chunk -> hashes.append(chunk.sha256()).append('\n'));
    Map<String, Object> body = new LinkedHashMap<>();
    for (Table table : Table.values()) {
      long rows = 0;
      String name = Layout.EGD + "/" + table.fileName();
      HashingOutputStream out = new HashingOutputStream(fs.create(new Path(root, name), true));
      try (out) {
        out.write(table.header().getBytes(StandardCharsets.UTF_8));
        for (ChunkTask.Done chunk : chunks) {
          ChunkTask.Part part = chunk.parts().get(table);
          rows += part.rows();
          try (InputStream in = fs.open(new Path(root, part.name()))) {
            IOUtils.copyBytes(in, out, BUFFER, false);
          }
        }
      }
      commit.add(name, out.count(), out.sha256(), OptionalLong.of(rows));
      hashes.append(out.sha256()).append('\n');
      body.put(rowsKey(table), rows);
    }
    fs.delete(new Path(root, Layout.PARTS), true);
    Map<String, Long> classes = new LinkedHashMap<>();
    for (Disease disease : Disease.values()) {
      classes.put(
          disease.column(),
          chunks.stream().mapToLong(chunk -> chunk.images().getOrDefault(disease, 0L)).sum());
    }
    body.put("patients", chunks.stream().mapToLong(ChunkTask.Done::patients).sum());
    body.put("images_per_class", classes);
    body.put("content_sha256", Sha256.of(hashes.toString()));
    stamp.putInto(body);
    return commit.publish(body);
  }

  private static String rowsKey(Table table) {
    return "rows_" + table.name().toLowerCase(Locale.ROOT);
  }

  private static SyntheticResult result(URI output, Manifest manifest, boolean alreadyDone) {
    JsonNode body = manifest.body();
    Map<String, Long> classes = new LinkedHashMap<>();
    for (Disease disease : Disease.values()) {
      classes.put(disease.column(), body.path("images_per_class").path(disease.column()).asLong());
    }
    return new SyntheticResult(
        output,
        body.path(rowsKey(Table.MASTER_SHEET)).asLong(),
        body.path("patients").asLong(),
        classes,
        body.path(rowsKey(Table.EYE_GAZE)).asLong(),
        body.path(rowsKey(Table.FIXATIONS)).asLong(),
        body.path("content_sha256").asText(),
        alreadyDone);
  }

  /** Everything that decides the bytes. */
  private static ConfigStamp stamp(SyntheticSettings settings, int images, long seed) {
    SortedMap<String, String> values = new TreeMap<>();
    for (RecordComponent component : SyntheticSettings.class.getRecordComponents()) {
      try {
        values.put(
            "synthetic." + component.getName(),
            String.valueOf(component.getAccessor().invoke(settings)));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("The settings' components are public", e);
      }
    }
    values.put("images", Integer.toString(images));
    values.put("seed", Long.toString(seed));
    return new ConfigStamp(Sha256.of(values.toString()), values);
  }
}
