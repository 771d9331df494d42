package io.cogaze.jobs.bench;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.shard.ParquetTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/** Flat JSON objects as rows of a Parquet table: text, whole numbers and fractions. */
public final class JsonTable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SCHEMA_VERSION = 1;

  private enum Kind {
    TEXT,
    WHOLE,
    FRACTION
  }

  private final String file;
  private final String schema;
  private final Map<String, Kind> columns = new LinkedHashMap<>();

  /** A table with rows, to be written. */
  public record Rows(JsonTable table, List<ObjectNode> rows) {}

  /**
   * A table without columns yet.
   *
   * @param file how its file's name begins
   * @param schema name of its schema
   */
  JsonTable(String file, String schema) {
    this.file = file;
    this.schema = schema;
  }

  String file() {
    return file;
  }

  Rows rows(Stream<ObjectNode> rows) {
    return new Rows(this, rows.toList());
  }

  JsonTable text(String... names) {
    return add(Kind.TEXT, names);
  }

  JsonTable whole(String... names) {
    return add(Kind.WHOLE, names);
  }

  JsonTable fraction(String... names) {
    return add(Kind.FRACTION, names);
  }

  private JsonTable add(Kind kind, String... names) {
    for (String name : names) {
      columns.put(name, kind);
    }
    return this;
  }

  /** The table as Parquet. A row must have all columns. */
  ParquetTable<ObjectNode> parquet() {
    List<Type> fields = new ArrayList<>();
    columns.forEach(
        (column, kind) ->
            fields.add(
                switch (kind) {
                  case TEXT ->
                      Types.required(PrimitiveTypeName.BINARY).as(stringType()).named(column);
                  case WHOLE -> Types.required(PrimitiveTypeName.INT64).named(column);
                  case FRACTION -> Types.required(PrimitiveTypeName.DOUBLE).named(column);
                }));
    return new ParquetTable<>(
        new MessageType(schema, fields), SCHEMA_VERSION, this::fill, this::read);
  }

  private void fill(ObjectNode row, Group group) {
    columns.forEach(
        (column, kind) -> {
          switch (kind) {
            case TEXT -> group.append(column, row.required(column).asText());
            case WHOLE -> group.append(column, row.required(column).asLong());
            case FRACTION -> group.append(column, row.required(column).asDouble());
          }
        });
  }

  private ObjectNode read(Group group) {
    ObjectNode row = JSON.createObjectNode();
    columns.forEach(
        (column, kind) -> {
          switch (kind) {
            case TEXT -> row.put(column, group.getString(column, 0));
            case WHOLE -> row.put(column, group.getLong(column, 0));
            case FRACTION -> row.put(column, group.getDouble(column, 0));
          }
        });
    return row;
  }
}
