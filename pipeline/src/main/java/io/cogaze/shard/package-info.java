/**
 * Shards: Parquet files of preprocessed examples, their schema, writer, reader and index. No DL4J
 * here; Spark's Parquet classes only.
 */
package io.cogaze.shard;
