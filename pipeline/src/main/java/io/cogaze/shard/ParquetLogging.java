package io.cogaze.shard;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Silences one warning of parquet-mr. Its writer warns of each row group that is larger than the
 * size limit, with a dump of every column; our limit is one byte on purpose. The only place that
 * reaches behind SLF4J, so that users need not change their cluster's logging for it.
 */
final class ParquetLogging {
  private static final String WRITER = "org.apache.parquet.hadoop.InternalParquetRecordWriter";

  private ParquetLogging() {}

  static void withoutRowGroupWarnings() {
    Configurator.setLevel(WRITER, Level.ERROR);
  }
}
