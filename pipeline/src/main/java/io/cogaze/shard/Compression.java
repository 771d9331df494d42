package io.cogaze.shard;

import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Compression of the Parquet files. ZSTD and SNAPPY use the natives inside the jars that Spark
 * ships, so executors need nothing installed; GZIP and NONE run on the JDK alone.
 */
public enum Compression {
  ZSTD(CompressionCodecName.ZSTD),
  SNAPPY(CompressionCodecName.SNAPPY),
  GZIP(CompressionCodecName.GZIP),
  NONE(CompressionCodecName.UNCOMPRESSED);

  private final CompressionCodecName codec;

  Compression(CompressionCodecName codec) {
    this.codec = codec;
  }

  CompressionCodecName codec() {
    return codec;
  }
}
