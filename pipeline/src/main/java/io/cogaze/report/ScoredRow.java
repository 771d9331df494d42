package io.cogaze.report;

import static org.apache.parquet.schema.LogicalTypeAnnotation.listType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.FLOAT;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;

import io.cogaze.inference.PredictionTable;
import io.cogaze.metric.Classification;
import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/**
 * The columns of a prediction that are small.
 *
 * @param label -1 when unknown
 * @param probabilities empty without a class output
 * @param cc NaN without both maps
 */
record ScoredRow(String stage, String exampleId, int label, float[] probabilities, double cc) {
  private static final MessageType SCHEMA =
      Types.buildMessage()
          .addFields(
              Columns.string("stage"),
              Columns.string("example_id"),
              Columns.optional(INT32, "label"),
              Types.optionalGroup()
                  .as(listType())
                  .repeatedGroup()
                  .addFields(Types.required(FLOAT).named("element"))
                  .named("list")
                  .named("probabilities"),
              Columns.optionalDouble("cc"))
          .named("cogaze_prediction");

  /** The predictions table without its large columns, for reading. */
  static final ParquetTable<ScoredRow> TABLE =
      new ParquetTable<>(
          SCHEMA,
          PredictionTable.SCHEMA_VERSION,
          (row, group) -> {
            throw new UnsupportedOperationException("Predictions are written with all columns");
          },
          ScoredRow::read);

  private static ScoredRow read(Group group) {
    float[] probabilities = new float[0];
    if (Columns.has(group, "probabilities")) {
      Group list = group.getGroup("probabilities", 0);
      probabilities = new float[list.getFieldRepetitionCount(0)];
      for (int c = 0; c < probabilities.length; c++) {
        probabilities[c] = list.getGroup(0, c).getFloat(0, 0);
      }
    }
    return new ScoredRow(
        group.getString("stage", 0),
        group.getString("example_id", 0),
        Columns.has(group, "label") ? group.getInteger("label", 0) : -1,
        probabilities,
        Columns.doubleOf(group, "cc").orElse(Double.NaN));
  }

  boolean hasBoth() {
    return label >= 0 && probabilities.length > 0;
  }

  int predicted() {
    return Classification.argMax(probabilities);
  }
}
