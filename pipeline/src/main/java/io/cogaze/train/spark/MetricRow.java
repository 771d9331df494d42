package io.cogaze.train.spark;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/**
 * A row of a stage's training metrics.
 *
 * @param run name of the run folder
 * @param epoch from 1
 * @param round from 1; 0 for the whole epoch
 * @param split train or valid
 * @param metric what was measured
 * @param value of the metric; NaN, which is null in the table, where n is 0
 * @param n examples it is over
 */
record MetricRow(
    String run,
    String stage,
    int epoch,
    int round,
    String split,
    String metric,
    double value,
    long n) {
  private static final MessageType SCHEMA =
      Types.buildMessage()
          .addFields(
              Columns.string("run"),
              Columns.string("stage"),
              Columns.required(INT32, "epoch"),
              Columns.required(INT32, "round"),
              Columns.string("split"),
              Columns.string("metric"),
              Columns.optionalDouble("value"),
              Columns.required(INT64, "n"))
          .named("metrics");

  /** The table of these rows. */
  static final ParquetTable<MetricRow> TABLE =
      new ParquetTable<>(
          SCHEMA,
          1,
          (row, group) -> {
            group.add("run", row.run());
            group.add("stage", row.stage());
            group.add("epoch", row.epoch());
            group.add("round", row.round());
            group.add("split", row.split());
            group.add("metric", row.metric());
            if (!Double.isNaN(row.value())) {
              group.add("value", row.value());
            }
            group.add("n", row.n());
          },
          group ->
              new MetricRow(
                  group.getString("run", 0),
                  group.getString("stage", 0),
                  group.getInteger("epoch", 0),
                  group.getInteger("round", 0),
                  group.getString("split", 0),
                  group.getString("metric", 0),
                  Columns.doubleOf(group, "value").orElse(Double.NaN),
                  group.getLong("n", 0)));
}
