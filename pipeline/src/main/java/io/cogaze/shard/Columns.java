package io.cogaze.shard;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;

import java.util.OptionalDouble;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/** The kinds of columns that tables of CoGaze have, and how a row's absent values are met. */
public final class Columns {
  private Columns() {}

  /** A column that every row fills. */
  public static Type required(PrimitiveTypeName type, String name) {
    return Types.required(type).named(name);
  }

  /** A column that may be null. */
  public static Type optional(PrimitiveTypeName type, String name) {
    return Types.optional(type).named(name);
  }

  /** Text that every row has. */
  public static Type string(String name) {
    return Types.required(BINARY).as(stringType()).named(name);
  }

  /** Text that may be null. */
  public static Type optionalString(String name) {
    return Types.optional(BINARY).as(stringType()).named(name);
  }

  /** A 64-bit number that may be null. */
  public static Type optionalDouble(String name) {
    return optional(DOUBLE, name);
  }

  /** Whether a row has a value in the column. */
  public static boolean has(Group row, String name) {
    return row.getFieldRepetitionCount(name) == 1;
  }

  /** The row's value in a column of {@link #optionalDouble}. */
  public static OptionalDouble doubleOf(Group row, String name) {
    return has(row, name) ? OptionalDouble.of(row.getDouble(name, 0)) : OptionalDouble.empty();
  }
}
