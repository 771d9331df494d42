package io.cogaze.shard;

import static org.apache.parquet.schema.LogicalTypeAnnotation.listType;
import static org.apache.parquet.schema.LogicalTypeAnnotation.mapType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BOOLEAN;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.FLOAT;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/** The tables of a shard set. Plain columns that any Parquet reader opens; see docs/formats.md. */
public final class ShardTables {
  /** Version of all schemas of this class; part of every file and manifest. */
  public static final int SCHEMA_VERSION = 1;

  /** data/*.parquet: the examples. */
  public static final ParquetTable<Example> EXAMPLES =
      new ParquetTable<>(
          exampleSchema(), SCHEMA_VERSION, ShardTables::fillExample, ShardTables::readExample);

  /** index/*.parquet: where each example lies. */
  public static final ParquetTable<IndexEntry> INDEX =
      new ParquetTable<>(
          message(
              "cogaze_index",
              Columns.string("example_id"),
              Columns.string("patient_key"),
              Columns.string("split"),
              Columns.required(INT32, "target_class"),
              Columns.required(BOOLEAN, "has_gaze"),
              Columns.string("file"),
              Columns.required(INT32, "row_group"),
              Columns.required(INT32, "row")),
          SCHEMA_VERSION,
          ShardTables::fillIndex,
          ShardTables::readIndex);

  /** quarantine/*.parquet and warnings/*.parquet. */
  public static final ParquetTable<Issue> ISSUES =
      new ParquetTable<>(
          message(
              "cogaze_issue",
              Columns.string("source"),
              Columns.required(INT64, "row"),
              Columns.string("example_id"),
              Columns.string("stage"),
              Columns.string("reason"),
              Columns.string("message")),
          SCHEMA_VERSION,
          ShardTables::fillIssue,
          ShardTables::readIssue);

  /** fingerprint-....parquet. */
  public static final ParquetTable<Fingerprint> FINGERPRINTS =
      new ParquetTable<>(
          message(
              "cogaze_fingerprint",
              Columns.string("example_id"),
              Columns.string("split"),
              Columns.string("pixels_sha256"),
              Columns.string("gaze_sha256"),
              Columns.required(INT32, "original_width"),
              Columns.required(INT32, "original_height"),
              Columns.required(DOUBLE, "mean_intensity"),
              Columns.required(DOUBLE, "deviation_intensity"),
              Columns.required(INT64, "gaze_points"),
              Columns.required(INT64, "off_image_points"),
              Columns.required(DOUBLE, "cropped_gaze_share")),
          SCHEMA_VERSION,
          ShardTables::fillFingerprint,
          ShardTables::readFingerprint);

  private ShardTables() {}

  /** Unsigned 16-bit values as bytes, little endian. */
  public static byte[] littleEndian(short[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asShortBuffer().put(values);
    return buffer.array();
  }

  /** The inverse of {@link #littleEndian}. */
  public static short[] shorts(byte[] bytes) {
    short[] values = new short[bytes.length / 2];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(values);
    return values;
  }

  private static MessageType exampleSchema() {
    return message(
        "cogaze_example",
        Columns.string("example_id"),
        Columns.string("image_id"),
        Columns.string("study_id"),
        Columns.string("patient_key"),
        Columns.string("dataset"),
        Columns.string("reader"),
        Columns.string("split"),
        Columns.required(INT32, "height"),
        Columns.required(INT32, "width"),
        Columns.required(BINARY, "pixels"),
        Columns.optional(BINARY, "gaze"),
        Columns.optional(FLOAT, "gaze_scale"),
        map("masks", BINARY),
        map("labels", FLOAT),
        Types.requiredGroup()
            .as(listType())
            .repeatedGroup()
            .requiredGroup()
            .addFields(
                Columns.required(FLOAT, "x"),
                Columns.required(FLOAT, "y"),
                Columns.required(FLOAT, "start_ms"),
                Columns.required(FLOAT, "duration_ms"))
            .named("element")
            .named("list")
            .named("fixations"),
        Columns.required(INT32, "original_width"),
        Columns.required(INT32, "original_height"),
        Columns.required(DOUBLE, "offset_x"),
        Columns.required(DOUBLE, "offset_y"),
        Columns.required(DOUBLE, "reduction"));
  }

  private static void fillExample(Example example, Group row) {
    int area = example.height() * example.width();
    checkLength(example, "pixels", example.pixels().length, area);
    row.append("example_id", example.exampleId())
        .append("image_id", example.imageId())
        .append("study_id", example.studyId())
        .append("patient_key", example.patientKey())
        .append("dataset", example.dataset())
        .append("reader", example.reader())
        .append("split", example.split().label())
        .append("height", example.height())
        .append("width", example.width())
        .append("pixels", binary(littleEndian(example.pixels())));
    if (example.gaze().isPresent()) {
      SaliencyTarget gaze = example.gaze().get();
      checkLength(example, "gaze", gaze.values().length, area);
      row.append("gaze", binary(littleEndian(gaze.values()))).append("gaze_scale", gaze.scale());
    }
    // Sorted by name, so that the bytes do not depend on the map's own order.
    Group masks = row.addGroup("masks");
    int maskBytes = example.height() * ((example.width() + 7) / 8);
    new TreeMap<>(example.masks())
        .forEach(
            (name, bits) -> {
              checkLength(example, "mask " + name, bits.length, maskBytes);
              masks.addGroup("key_value").append("key", name).append("value", binary(bits));
            });
    Group labels = row.addGroup("labels");
    new TreeMap<>(example.labels())
        .forEach(
            (name, value) ->
                labels.addGroup("key_value").append("key", name).append("value", value));
    Group fixations = row.addGroup("fixations");
    for (ShardFixation fixation : example.fixations()) {
      fixations
          .addGroup("list")
          .addGroup("element")
          .append("x", fixation.x())
          .append("y", fixation.y())
          .append("start_ms", fixation.startMs())
          .append("duration_ms", fixation.durationMs());
    }
    Geometry geometry = example.geometry();
    row.append("original_width", geometry.originalWidth())
        .append("original_height", geometry.originalHeight())
        .append("offset_x", geometry.offsetX())
        .append("offset_y", geometry.offsetY())
        .append("reduction", geometry.reduction());
  }

  private static Example readExample(Group row) {
    Optional<SaliencyTarget> gaze = Optional.empty();
    if (row.getFieldRepetitionCount("gaze") == 1) {
      gaze =
          Optional.of(
              new SaliencyTarget(
                  shorts(row.getBinary("gaze", 0).getBytes()), row.getFloat("gaze_scale", 0)));
    }
    Map<String, byte[]> masks = new TreeMap<>();
    Group maskRows = row.getGroup("masks", 0);
    for (int i = 0; i < maskRows.getFieldRepetitionCount(0); i++) {
      Group entry = maskRows.getGroup(0, i);
      masks.put(entry.getString("key", 0), entry.getBinary("value", 0).getBytes());
    }
    Map<String, Float> labels = new TreeMap<>();
    Group labelRows = row.getGroup("labels", 0);
    for (int i = 0; i < labelRows.getFieldRepetitionCount(0); i++) {
      Group entry = labelRows.getGroup(0, i);
      labels.put(entry.getString("key", 0), entry.getFloat("value", 0));
    }
    List<ShardFixation> fixations = new ArrayList<>();
    Group fixationRows = row.getGroup("fixations", 0);
    for (int i = 0; i < fixationRows.getFieldRepetitionCount(0); i++) {
      Group element = fixationRows.getGroup(0, i).getGroup("element", 0);
      fixations.add(
          new ShardFixation(
              element.getFloat("x", 0),
              element.getFloat("y", 0),
              element.getFloat("start_ms", 0),
              element.getFloat("duration_ms", 0)));
    }
    return new Example(
        row.getString("example_id", 0),
        row.getString("image_id", 0),
        row.getString("study_id", 0),
        row.getString("patient_key", 0),
        row.getString("dataset", 0),
        row.getString("reader", 0),
        Split.ofLabel(row.getString("split", 0)),
        row.getInteger("height", 0),
        row.getInteger("width", 0),
        shorts(row.getBinary("pixels", 0).getBytes()),
        gaze,
        Collections.unmodifiableMap(masks),
        Collections.unmodifiableMap(labels),
        List.copyOf(fixations),
        new Geometry(
            row.getInteger("original_width", 0),
            row.getInteger("original_height", 0),
            row.getDouble("offset_x", 0),
            row.getDouble("offset_y", 0),
            row.getDouble("reduction", 0)));
  }

  private static void fillIndex(IndexEntry entry, Group row) {
    row.append("example_id", entry.exampleId())
        .append("patient_key", entry.patientKey())
        .append("split", entry.split().label())
        .append("target_class", entry.targetClass())
        .append("has_gaze", entry.hasGaze())
        .append("file", entry.file())
        .append("row_group", entry.rowGroup())
        .append("row", entry.row());
  }

  private static IndexEntry readIndex(Group row) {
    return new IndexEntry(
        row.getString("example_id", 0),
        row.getString("patient_key", 0),
        Split.ofLabel(row.getString("split", 0)),
        row.getInteger("target_class", 0),
        row.getBoolean("has_gaze", 0),
        row.getString("file", 0),
        row.getInteger("row_group", 0),
        row.getInteger("row", 0));
  }

  private static void fillIssue(Issue issue, Group row) {
    row.append("source", issue.source())
        .append("row", issue.row())
        .append("example_id", issue.exampleId())
        .append("stage", issue.stage())
        .append("reason", issue.reason())
        .append("message", issue.message());
  }

  private static Issue readIssue(Group row) {
    return new Issue(
        row.getString("source", 0),
        row.getLong("row", 0),
        row.getString("example_id", 0),
        row.getString("stage", 0),
        row.getString("reason", 0),
        row.getString("message", 0));
  }

  private static void fillFingerprint(Fingerprint print, Group row) {
    row.append("example_id", print.exampleId())
        .append("split", print.split().label())
        .append("pixels_sha256", print.pixelsSha256())
        .append("gaze_sha256", print.gazeSha256())
        .append("original_width", print.originalWidth())
        .append("original_height", print.originalHeight())
        .append("mean_intensity", print.meanIntensity())
        .append("deviation_intensity", print.deviationIntensity())
        .append("gaze_points", print.gazePoints())
        .append("off_image_points", print.offImagePoints())
        .append("cropped_gaze_share", print.croppedGazeShare());
  }

  private static Fingerprint readFingerprint(Group row) {
    return new Fingerprint(
        row.getString("example_id", 0),
        Split.ofLabel(row.getString("split", 0)),
        row.getString("pixels_sha256", 0),
        row.getString("gaze_sha256", 0),
        row.getInteger("original_width", 0),
        row.getInteger("original_height", 0),
        row.getDouble("mean_intensity", 0),
        row.getDouble("deviation_intensity", 0),
        row.getLong("gaze_points", 0),
        row.getLong("off_image_points", 0),
        row.getDouble("cropped_gaze_share", 0));
  }

  private static void checkLength(Example example, String what, int found, int expected) {
    if (found != expected) {
      throw new IllegalArgumentException(
          "Example %s: %s has length %d, expected %d for a canvas of %d x %d (height x width)"
              .formatted(
                  example.exampleId(), what, found, expected, example.height(), example.width()));
    }
  }

  private static Binary binary(byte[] bytes) {
    return Binary.fromConstantByteArray(bytes);
  }

  private static MessageType message(String name, Type... fields) {
    return Types.buildMessage().addFields(fields).named(name);
  }

  private static GroupType map(String name, PrimitiveTypeName value) {
    return Types.requiredGroup()
        .as(mapType())
        .repeatedGroup()
        .addFields(Columns.string("key"), Columns.required(value, "value"))
        .named("key_value")
        .named(name);
  }
}
