package io.cogaze.inference;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import io.cogaze.shard.ParquetTable;
import java.util.OptionalDouble;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
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
            string("run"),
            string("stage"),
            string("split"),
            string("metric"),
            string("class"),
            Types.optional(DOUBLE).named("value"),
            Types.required(INT64).named("n"),
            Types.optional(DOUBLE).named("ci_low"),
            Types.optional(DOUBLE).named("ci_high"))
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
        optional(group, "value"),
        group.getLong("n", 0),
        optional(group, "ci_low"),
        optional(group, "ci_high"));
  }

  private static OptionalDouble optional(Group group, String name) {
    return group.getFieldRepetitionCount(name) == 1
        ? OptionalDouble.of(group.getDouble(name, 0))
        : OptionalDouble.empty();
  }

  private static Type string(String name) {
    return Types.required(BINARY).as(stringType()).named(name);
  }
}
