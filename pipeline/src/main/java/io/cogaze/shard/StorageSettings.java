package io.cogaze.shard;

import java.io.Serializable;

/**
 * How Parquet files are laid out.
 *
 * @param rowsPerRowGroup rows of one row group, the unit a reader loads at once; at least 1
 */
public record StorageSettings(int rowsPerRowGroup, Compression compression)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** 32 rows a row group, zstd. */
  public static final StorageSettings DEFAULT = new StorageSettings(32, Compression.ZSTD);

  /** For tables of plain values, read whole: large row groups. */
  public static final StorageSettings TABLE = new StorageSettings(65_536, Compression.ZSTD);

  public StorageSettings {
    if (rowsPerRowGroup < 1) {
      throw new IllegalArgumentException(
          "rows-per-row-group = " + rowsPerRowGroup + ", expected at least 1");
    }
  }
}
