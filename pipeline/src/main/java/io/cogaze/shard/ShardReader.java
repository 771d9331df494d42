package io.cogaze.shard;

import java.util.List;

/** Reads the row groups of one data file in any order. Not thread safe. */
public final class ShardReader implements AutoCloseable {
  private final ParquetTable.Reader<Example> reader;

  ShardReader(ParquetTable.Reader<Example> reader) {
    this.reader = reader;
  }

  /** Number of row groups. */
  public int rowGroups() {
    return reader.rowGroups();
  }

  /** Number of examples in the file. */
  public long rows() {
    return reader.rows();
  }

  /**
   * The examples of a row group, counted from 0, in file order. Errors: {@link
   * io.cogaze.error.InputException} if the file is damaged, {@link IllegalArgumentException} if
   * there is no such row group.
   */
  public List<Example> readRowGroup(int rowGroup) {
    return reader.readRowGroup(rowGroup);
  }

  @Override
  public void close() {
    reader.close();
  }
}
