package io.cogaze.shard;

import io.cogaze.run.Manifest;
import io.cogaze.run.ManifestFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A folder of shards, as its manifest lists it; files that the manifest does not list are never
 * read. Open it on the driver and give executors the {@link #handle}.
 */
public final class ShardSet {
  /**
   * Folders within a shard set, and how the names of its single files begin: the commit protocol
   * gives every file a name of its attempt alone, which only the manifest knows.
   */
  public static final String DATA = "data/";

  public static final String INDEX = "index/";
  public static final String QUARANTINE = "quarantine/";
  public static final String WARNINGS = "warnings/";
  public static final String FINGERPRINT = "fingerprint";
  public static final String CONFIG = "config";

  private final Configuration conf;
  private final ShardHandle handle;
  private final Manifest files;
  private final ShardManifest manifest;

  private ShardSet(Configuration conf, ShardHandle handle, Manifest files, ShardManifest manifest) {
    this.conf = conf;
    this.handle = handle;
    this.files = files;
    this.manifest = manifest;
  }

  /**
   * Opens a shard set.
   *
   * @throws io.cogaze.error.InputException if the folder has no manifest of a shard set of this
   *     version
   */
  public static ShardSet open(Configuration conf, URI folder) {
    Path path = new Path(folder);
    try {
      Manifest files = Manifest.read(path.getFileSystem(conf), path, ShardManifest.KIND);
      Map<String, Long> sizes = new LinkedHashMap<>();
      files.files().forEach(file -> sizes.put(file.name(), file.sizeBytes()));
      return new ShardSet(
          conf,
          new ShardHandle(folder, sizes, conf),
          files,
          ShardManifest.ofBody(files.body(), path + "/manifest.json"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the shard set " + folder, e);
    }
  }

  /** What the manifest says about the examples. */
  public ShardManifest manifest() {
    return manifest;
  }

  /** Hash of manifest.json: names this very folder, file names included. */
  public String sha256() {
    return files.sha256();
  }

  /** For executors. */
  public ShardHandle handle() {
    return handle;
  }

  /** Opens a data file; see {@link ShardHandle#reader}. */
  public ShardReader reader(String file) {
    return handle.reader(file);
  }

  /** All examples, ordered by example id. */
  public List<IndexEntry> index() {
    List<IndexEntry> entries = read(ShardTables.INDEX, INDEX);
    entries.sort(Comparator.comparing(IndexEntry::exampleId));
    return entries;
  }

  /** The records that were left out, in order. */
  public List<Issue> quarantine() {
    return sorted(read(ShardTables.ISSUES, QUARANTINE));
  }

  /** The records that were kept although they lack something, in order. */
  public List<Issue> warnings() {
    return sorted(read(ShardTables.ISSUES, WARNINGS));
  }

  /** One row per example, ordered by example id. */
  public List<Fingerprint> fingerprints() {
    List<Fingerprint> prints = read(ShardTables.FINGERPRINTS, FINGERPRINT);
    prints.sort(Comparator.comparing(Fingerprint::exampleId));
    return prints;
  }

  private static List<Issue> sorted(List<Issue> issues) {
    issues.sort(Comparator.naturalOrder());
    return issues;
  }

  private <T> List<T> read(ParquetTable<T> table, String prefix) {
    List<T> rows = new ArrayList<>();
    for (ManifestFile file : files.files()) {
      if (file.name().startsWith(prefix) && file.name().endsWith(".parquet")) {
        rows.addAll(table.readAll(conf, handle.path(file.name())));
      }
    }
    return rows;
  }
}
