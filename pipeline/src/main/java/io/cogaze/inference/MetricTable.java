package io.cogaze.inference;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/** The long table of metrics: run, stage, split, metric, class, value, n, ci_low, ci_high. */
public final class MetricTable {
  /** Version of the schema. */
  public static final int SCHEMA_VERSION = 1;

  /** metrics/*.parquet. */
  public static final ParquetTable<MetricRow> TABLE =
      new ParquetTable<>(schema(), SCHEMA_VERSION, MetricTable::fill, MetricTable::read);

  private MetricTable() {}

  private static MessageType schema() {
    return Types.buildMessage()
        .addFields(
            Columns.string("run"),
            Columns.string("stage"),
            Columns.string("split"),
            Columns.string("metric"),
            Columns.string("class"),
            Columns.optionalDouble("value"),
            Columns.required(INT64, "n"),
            Columns.optionalDouble("ci_low"),
            Columns.optionalDouble("ci_high"))
        .named("cogaze_metric");
  }

  private static void fill(MetricRow row, Group group) {
    group
        .append("run", row.run())
        .append("stage", row.stage())
        .append("split", row.split())
        .append("metric", row.metric())
        .append("class", row.className())
        .append("n", row.n());
    row.value().ifPresent(value -> group.append("value", value));
    row.ciLow().ifPresent(value -> group.append("ci_low", value));
    row.ciHigh().ifPresent(value -> group.append("ci_high", value));
  }

  private static MetricRow read(Group group) {
    return new MetricRow(
        group.getString("run", 0),
        group.getString("stage", 0),
        group.getString("split", 0),
        group.getString("metric", 0),
        group.getString("class", 0),
        Columns.doubleOf(group, "value"),
        group.getLong("n", 0),
        Columns.doubleOf(group, "ci_low"),
        Columns.doubleOf(group, "ci_high"));
  }
}
