package io.cogaze.shard;

import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Writes the examples of one data file and gives the index entry of each. Not thread safe. */
public final class ShardWriter implements AutoCloseable {
  private final String file;
  private final List<String> targetClasses;
  private final ParquetTable.Writer<Example> writer;

  /**
   * @param folder the shard set's folder
   * @param file name relative to the folder, for instance data/part-00000-....parquet; must be new
   * @param targetClasses label names of the classes, in order
   */
  public ShardWriter(
      FileSystem fs, Path folder, String file, List<String> targetClasses, StorageSettings storage)
      throws IOException {
    this.file = file;
    this.targetClasses = List.copyOf(targetClasses);
    this.writer = ShardTables.EXAMPLES.writer(fs, new Path(folder, file), storage);
  }

  /** Appends an example. */
  public IndexEntry write(Example example) throws IOException {
    RowPosition position = writer.write(example);
    return new IndexEntry(
        example.exampleId(),
        example.patientKey(),
        example.split(),
        targetClass(example),
        example.gaze().isPresent(),
        file,
        position.rowGroup(),
        position.row());
  }

  /** The one target class whose label is 1, or -1 when there is none or more than one. */
  private int targetClass(Example example) {
    int found = -1;
    for (int i = 0; i < targetClasses.size(); i++) {
      Float value = example.labels().get(targetClasses.get(i));
      if (value != null && value == 1f) {
        if (found >= 0) {
          return -1;
        }
        found = i;
      }
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  /** Size, hash and rows. Call once, after {@link #close}. */
  public WrittenFile written() {
    return writer.written();
  }
}
