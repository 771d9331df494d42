package io.cogaze.jobs.bench;

import io.cogaze.error.InputException;
import io.cogaze.run.FolderCommit;
import io.cogaze.run.Manifest;
import io.cogaze.run.Versions;
import io.cogaze.shard.StorageSettings;
import io.cogaze.shard.WrittenFile;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The committed folder of a benchmark. A measurement is never "there already": a new one takes the
 * old one's place.
 */
public final class BenchFolder {
  /** Kind of the folder. */
  public static final String KIND = "benchmark";

  private final FileSystem fs;
  private final Path folder;

  private BenchFolder(FileSystem fs, Path folder) {
    this.fs = fs;
    this.folder = folder;
  }

  /** Errors: {@link InputException} when the folder holds something else. */
  public static BenchFolder of(FileSystem fs, Path folder) {
    BenchFolder bench = new BenchFolder(fs, folder);
    bench.requireOwn();
    return bench;
  }

  private void requireOwn() {
    Manifest.readIfPresent(fs, folder)
        .filter(manifest -> !manifest.kind().equals(KIND))
        .ifPresent(
            manifest -> {
              throw new InputException(
                  "Cannot write a benchmark to "
                      + folder
                      + ": it holds "
                      + manifest.kind()
                      + "\n  fix: another --output");
            });
  }

  /**
   * Writes a benchmark's tables in the place of what was measured before.
   *
   * @param benchmark its name
   */
  public void write(String benchmark, List<JsonTable.Rows> tables) throws IOException {
    requireOwn();
    FolderCommit commit = FolderCommit.begin(fs, folder, KIND);
    for (JsonTable.Rows table : tables) {
      add(commit, table);
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("benchmark", benchmark);
    body.put("versions", Versions.current().asMap());
    body.put("machine", machine());
    commit.publish(body);
    FolderCommit.removeLeftovers(fs, folder);
  }

  private void add(FolderCommit commit, JsonTable.Rows table) throws IOException {
    Path file = commit.newFile(table.table().file(), ".parquet");
    WrittenFile written =
        table.table().parquet().writeAll(fs, file, StorageSettings.TABLE, table.rows());
    commit.add(
        commit.relativeName(file),
        written.sizeBytes(),
        written.sha256(),
        OptionalLong.of(written.rows()));
  }

  @Override
  public String toString() {
    return folder.toString();
  }

  /** Cores and instruction sets: what a time depends on. No names of hosts. */
  public static Map<String, Object> machine() {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    machine.put("architecture", System.getProperty("os.arch"));
    machine.put("system", System.getProperty("os.name"));
    return machine;
  }
}
