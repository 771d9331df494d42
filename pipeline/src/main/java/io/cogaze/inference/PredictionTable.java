package io.cogaze.inference;

import static org.apache.parquet.schema.LogicalTypeAnnotation.listType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.FLOAT;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;

import io.cogaze.inference.Prediction.NamedClass;
import io.cogaze.shard.Columns;
import io.cogaze.shard.ParquetTable;
import io.cogaze.shard.Split;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/** The predictions table: one row per stage and example; absent values are null. */
public final class PredictionTable {
  /** Version of the schema. */
  public static final int SCHEMA_VERSION = 1;

  /** predictions/*.parquet. */
  public static final ParquetTable<Prediction> TABLE =
      new ParquetTable<>(schema(), SCHEMA_VERSION, PredictionTable::fill, PredictionTable::read);

  private PredictionTable() {}

  private static MessageType schema() {
    return Types.buildMessage()
        .addFields(
            Columns.string("run"),
            Columns.string("stage"),
            Columns.string("split"),
            Columns.string("example_id"),
            Columns.string("image_id"),
            Columns.string("patient_key"),
            Columns.optional(INT32, "label"),
            Columns.optionalString("label_name"),
            floats("probabilities"),
            Columns.optional(INT32, "predicted_class"),
            Columns.optionalString("predicted_name"),
            Columns.required(INT32, "height"),
            Columns.required(INT32, "width"),
            floats("saliency_map"),
            floats("target_map"),
            Columns.optional(BINARY, "pixels"),
            Columns.optionalDouble("kl"),
            Columns.optionalDouble("cc"),
            Columns.optionalDouble("sim"),
            Columns.optionalDouble("hs"),
            Columns.optionalDouble("nss"),
            Columns.optionalDouble("floor_kl"),
            Columns.optionalDouble("floor_cc"),
            Columns.optionalDouble("floor_sim"),
            Columns.optionalDouble("floor_hs"),
            Columns.optionalDouble("floor_nss"))
        .named("cogaze_prediction");
  }

  private static void fill(Prediction row, Group group) {
    group
        .append("run", row.run())
        .append("stage", row.stage())
        .append("split", row.split().label())
        .append("example_id", row.exampleId())
        .append("image_id", row.imageId())
        .append("patient_key", row.patientKey());
    row.target().ifPresent(c -> group.append("label", c.index()).append("label_name", c.name()));
    row.probabilities().ifPresent(values -> fill(group.addGroup("probabilities"), values));
    row.predicted()
        .ifPresent(
            c -> group.append("predicted_class", c.index()).append("predicted_name", c.name()));
    group.append("height", row.height()).append("width", row.width());
    row.map().ifPresent(values -> fill(group.addGroup("saliency_map"), values));
    row.gaze().ifPresent(values -> fill(group.addGroup("target_map"), values));
    row.pixels().ifPresent(bytes -> group.append("pixels", Binary.fromConstantByteArray(bytes)));
    row.scores().ifPresent(scores -> fill(group, "", scores));
    row.floor().ifPresent(scores -> fill(group, "floor_", scores));
  }

  private static void fill(Group list, float[] values) {
    for (float value : values) {
      list.addGroup("list").append("element", value);
    }
  }

  private static void fill(Group group, String prefix, MapScores scores) {
    group
        .append(prefix + "kl", scores.kl())
        .append(prefix + "cc", scores.cc())
        .append(prefix + "sim", scores.sim())
        .append(prefix + "hs", scores.hs());
    scores.nss().ifPresent(nss -> group.append(prefix + "nss", nss));
  }

  private static Prediction read(Group group) {
    return new Prediction(
        group.getString("run", 0),
        group.getString("stage", 0),
        Split.ofLabel(group.getString("split", 0)),
        group.getString("example_id", 0),
        group.getString("image_id", 0),
        group.getString("patient_key", 0),
        namedClass(group, "label", "label_name"),
        floats(group, "probabilities"),
        namedClass(group, "predicted_class", "predicted_name"),
        group.getInteger("height", 0),
        group.getInteger("width", 0),
        floats(group, "saliency_map"),
        floats(group, "target_map"),
        Columns.has(group, "pixels")
            ? Optional.of(group.getBinary("pixels", 0).getBytes())
            : Optional.empty(),
        scores(group, ""),
        scores(group, "floor_"));
  }

  private static Optional<NamedClass> namedClass(Group group, String index, String name) {
    return Columns.has(group, index)
        ? Optional.of(new NamedClass(group.getInteger(index, 0), group.getString(name, 0)))
        : Optional.empty();
  }

  private static Optional<float[]> floats(Group group, String name) {
    if (!Columns.has(group, name)) {
      return Optional.empty();
    }
    Group list = group.getGroup(name, 0);
    float[] values = new float[list.getFieldRepetitionCount(0)];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.getGroup(0, i).getFloat(0, 0);
    }
    return Optional.of(values);
  }

  private static Optional<MapScores> scores(Group group, String prefix) {
    if (!Columns.has(group, prefix + "kl")) {
      return Optional.empty();
    }
    String nss = prefix + "nss";
    return Optional.of(
        new MapScores(
            group.getDouble(prefix + "kl", 0),
            group.getDouble(prefix + "cc", 0),
            group.getDouble(prefix + "sim", 0),
            group.getDouble(prefix + "hs", 0),
            Columns.doubleOf(group, nss).orElse(Double.NaN)));
  }

  private static Type floats(String name) {
    return Types.optionalGroup()
        .as(listType())
        .repeatedGroup()
        .addFields(Types.required(FLOAT).named("element"))
        .named("list")
        .named(name);
  }
}
