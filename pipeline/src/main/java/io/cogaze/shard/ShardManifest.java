package io.cogaze.shard;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a shard set's manifest says about its examples.
 *
 * @param dataset name of the data set
 * @param height rows of every canvas, pixels
 * @param width columns of every canvas, pixels
 * @param targetClasses the classes in the order of the network's outputs
 * @param counts per split; every split is present
 * @param quarantined records left out
 * @param warnings rows of the warnings table
 * @param configHash hash of the configuration that made the shards
 * @param inputHash hash of what was read: folder names, master table, sizes and times of change of
 *     the gaze tables, images and masks
 * @param contentHash hash over the fingerprints of all examples in order: equal for equal examples
 *     and splits, whatever the file names
 * @param meanIntensity mean over all pixels of the training examples, 0..1
 * @param deviationIntensity population standard deviation over the same pixels, 0..1
 * @param preprocessing the settings a model needs to see new images as it saw these, by key
 * @param leakage what is in more than one split; empty when the writer did not record it
 */
public record ShardManifest(
    String dataset,
    int height,
    int width,
    List<String> targetClasses,
    Map<Split, SplitCounts> counts,
    long quarantined,
    long warnings,
    String configHash,
    String inputHash,
    String contentHash,
    double meanIntensity,
    double deviationIntensity,
    Map<String, String> preprocessing,
    Optional<Leakage> leakage) {
  /** Kind of the folder's manifest. */
  public static final String KIND = "shards";

  /** Key of {@link #preprocessing} that is true when the examples are not of real patients. */
  public static final String SYNTHETIC = "synthetic";

  /** Without a record of what is in more than one split. */
  public ShardManifest(
      String dataset,
      int height,
      int width,
      List<String> targetClasses,
      Map<Split, SplitCounts> counts,
      long quarantined,
      long warnings,
      String configHash,
      String inputHash,
      String contentHash,
      double meanIntensity,
      double deviationIntensity,
      Map<String, String> preprocessing) {
    this(
        dataset,
        height,
        width,
        targetClasses,
        counts,
        quarantined,
        warnings,
        configHash,
        inputHash,
        contentHash,
        meanIntensity,
        deviationIntensity,
        preprocessing,
        Optional.empty());
  }

  /** The same, with what is in more than one split. */
  public ShardManifest with(Leakage found) {
    return new ShardManifest(
        dataset,
        height,
        width,
        targetClasses,
        counts,
        quarantined,
        warnings,
        configHash,
        inputHash,
        contentHash,
        meanIntensity,
        deviationIntensity,
        preprocessing,
        Optional.of(found));
  }

  /** Whether the examples were drawn by a program. */
  public boolean synthetic() {
    return Boolean.parseBoolean(preprocessing.get(SYNTHETIC));
  }

  /** Number of examples of a split. */
  public long count(Split split) {
    return counts.get(split).examples();
  }

  /** Number of examples of all splits. */
  public long count() {
    return counts.values().stream().mapToLong(SplitCounts::examples).sum();
  }

  /** The body of manifest.json; key order is fixed. */
  public Map<String, Object> body() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("schema_version", ShardTables.SCHEMA_VERSION);
    body.put("dataset", dataset);
    body.put("height", height);
    body.put("width", width);
    body.put("target_classes", targetClasses);
    Map<String, Object> splits = new LinkedHashMap<>();
    for (Split split : Split.values()) {
      SplitCounts count = counts.get(split);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("examples", count.examples());
      row.put("patients", count.patients());
      row.put("with_gaze", count.withGaze());
      row.put("per_class", new LinkedHashMap<>(count.perClass()));
      splits.put(split.label(), row);
    }
    body.put("splits", splits);
    body.put("quarantined", quarantined);
    body.put("warnings", warnings);
    body.put("config_hash", configHash);
    body.put("input_hash", inputHash);
    body.put("content_hash", contentHash);
    body.put("mean_intensity", meanIntensity);
    body.put("deviation_intensity", deviationIntensity);
    body.put("preprocessing", new LinkedHashMap<>(preprocessing));
    leakage.ifPresent(found -> body.put(Leakage.KEY, found.body()));
    return body;
  }

  /**
   * Reads a body. Errors: {@link InputException} if a key is missing or the schema version is
   * another one.
   *
   * @param source the manifest's path, for messages
   */
  public static ShardManifest ofBody(JsonNode body, String source) {
    int version = required(body, "schema_version", source).asInt();
    if (version != ShardTables.SCHEMA_VERSION) {
      throw new InputException(
          "Cannot read the shard set "
              + source
              + ": schema version "
              + version
              + ", this CoGaze reads version "
              + ShardTables.SCHEMA_VERSION
              + "\n  fix: run preprocess again with this CoGaze");
    }
    List<String> classes = new ArrayList<>();
    required(body, "target_classes", source).forEach(node -> classes.add(node.asText()));
    Map<Split, SplitCounts> counts = new EnumMap<>(Split.class);
    for (Split split : Split.values()) {
      JsonNode row = required(required(body, "splits", source), split.label(), source);
      Map<String, Long> perClass = new LinkedHashMap<>();
      required(row, "per_class", source)
          .fields()
          .forEachRemaining(entry -> perClass.put(entry.getKey(), entry.getValue().asLong()));
      counts.put(
          split,
          new SplitCounts(
              required(row, "examples", source).asLong(),
              required(row, "patients", source).asLong(),
              required(row, "with_gaze", source).asLong(),
              Collections.unmodifiableMap(perClass)));
    }
    Map<String, String> preprocessing = new LinkedHashMap<>();
    required(body, "preprocessing", source)
        .fields()
        .forEachRemaining(entry -> preprocessing.put(entry.getKey(), entry.getValue().asText()));
    return new ShardManifest(
        required(body, "dataset", source).asText(),
        required(body, "height", source).asInt(),
        required(body, "width", source).asInt(),
        List.copyOf(classes),
        Collections.unmodifiableMap(counts),
        required(body, "quarantined", source).asLong(),
        required(body, "warnings", source).asLong(),
        required(body, "config_hash", source).asText(),
        required(body, "input_hash", source).asText(),
        required(body, "content_hash", source).asText(),
        required(body, "mean_intensity", source).asDouble(),
        required(body, "deviation_intensity", source).asDouble(),
        Collections.unmodifiableMap(preprocessing),
        Leakage.ofBody(body));
  }

  private static JsonNode required(JsonNode node, String key, String source) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw new InputException(
          "Cannot read the shard set "
              + source
              + ": its manifest lacks '"
              + key
              + "'"
              + "\n  cause: the folder is no shard set, or its manifest was edited"
              + "\n  fix: give the --output folder of preprocess");
    }
    return value;
  }
}
