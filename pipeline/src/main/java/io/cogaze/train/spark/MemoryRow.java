package io.cogaze.train.spark;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/**
 * A row of a stage's table of memory: one executor in one round.
 *
 * @param run name of the run folder
 * @param epoch from 1
 * @param round from 1 in every epoch
 * @param memory the largest values that workers on the executor met
 */
record MemoryRow(String run, String stage, int epoch, int round, ExecutorMemory memory) {
  private static final String RESIDENT = "resident_bytes";
  private static final String RESIDENT_PEAK = "resident_peak_bytes";

  private static final MessageType SCHEMA =
      Types.buildMessage()
          .addFields(
              Columns.string("run"),
              Columns.string("stage"),
              Columns.required(INT32, "epoch"),
              Columns.required(INT32, "round"),
              Columns.string("executor"),
              Columns.string("host"),
              Columns.required(INT64, "heap_used_bytes"),
              Columns.required(INT64, "heap_max_bytes"),
              Columns.required(INT64, "native_arrays_bytes"),
              Columns.optional(INT64, RESIDENT),
              Columns.optional(INT64, RESIDENT_PEAK))
          .named("memory");

  /** The table of these rows. */
  static final ParquetTable<MemoryRow> TABLE =
      new ParquetTable<>(SCHEMA, 1, MemoryRow::fill, MemoryRow::read);

  private static void fill(MemoryRow row, Group group) {
    group.add("run", row.run());
    group.add("stage", row.stage());
    group.add("epoch", row.epoch());
    group.add("round", row.round());
    group.add("executor", row.memory().executor());
    group.add("host", row.memory().host());
    group.add("heap_used_bytes", row.memory().heapUsed());
    group.add("heap_max_bytes", row.memory().heapMax());
    group.add("native_arrays_bytes", row.memory().nativeArrays());
    addKnown(group, RESIDENT, row.memory().resident());
    addKnown(group, RESIDENT_PEAK, row.memory().residentPeak());
  }

  private static void addKnown(Group group, String column, long bytes) {
    if (bytes != ExecutorMemory.UNKNOWN) {
      group.add(column, bytes);
    }
  }

  private static MemoryRow read(Group group) {
    return new MemoryRow(
        group.getString("run", 0),
        group.getString("stage", 0),
        group.getInteger("epoch", 0),
        group.getInteger("round", 0),
        new ExecutorMemory(
            group.getString("executor", 0),
            group.getString("host", 0),
            group.getLong("heap_used_bytes", 0),
            group.getLong("heap_max_bytes", 0),
            group.getLong("native_arrays_bytes", 0),
            known(group, RESIDENT),
            known(group, RESIDENT_PEAK)));
  }

  private static long known(Group group, String column) {
    return Columns.has(group, column) ? group.getLong(column, 0) : ExecutorMemory.UNKNOWN;
  }
}
