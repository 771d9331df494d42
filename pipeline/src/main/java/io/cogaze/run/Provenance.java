package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a result comes from: enough to make it again and to tell why two differ. Lies as {@code
 * provenance.json} beside checkpoints and shards.
 *
 * @param data name of each input to the SHA-256 of its manifest
 * @param configHash of the configuration that decides the result
 * @param versions libraries, Java, operating system; the git commit among them
 * @param seeds name to seed
 * @param nativeClassifier the ND4J native that computed, for instance {@code
 *     linux-x86_64-onednn-avx2}; empty where none did
 * @param executors processes that computed
 * @param workers averaging workers, 0 where there is no training
 * @param notes anything else that matters to the result, for instance that weights are not
 *     pretrained
 */
public record Provenance(
    SortedMap<String, String> data,
    String configHash,
    Versions versions,
    SortedMap<String, Long> seeds,
    String nativeClassifier,
    int executors,
    int workers,
    SortedMap<String, String> notes) {

  /** Name of the file. */
  public static final String FILE = "provenance.json";

  public Provenance {
    data = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(data));
    seeds = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(seeds));
    notes = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(notes));
  }

  /** The same with another note. */
  public Provenance withNote(String name, String value) {
    SortedMap<String, String> more = new TreeMap<>(notes);
    more.put(name, value);
    return new Provenance(
        data, configHash, versions, seeds, nativeClassifier, executors, workers, more);
  }

  /** The content of {@code provenance.json}. The same provenance gives the same bytes. */
  public byte[] bytes() {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("data_manifest_sha256", data);
    root.put("config_hash", configHash);
    root.put("versions", versions.asMap());
    root.put("seeds", seeds);
    root.put("native_classifier", nativeClassifier);
    root.put("executors", executors);
    root.put("workers", workers);
    root.put("notes", notes);
    return Json.bytes(root);
  }

  /** Reads what {@link #bytes} wrote. */
  public static Provenance parse(byte[] json) {
    JsonNode root = Json.parse(json);
    JsonNode v = root.path("versions");
    SortedMap<String, Long> seeds = new TreeMap<>();
    root.path("seeds")
        .fields()
        .forEachRemaining(field -> seeds.put(field.getKey(), field.getValue().asLong()));
    return new Provenance(
        strings(root.path("data_manifest_sha256")),
        root.path("config_hash").asText(),
        new Versions(
            v.path("cogaze").asText(),
            v.path("commit").asText(),
            v.path("java").asText(),
            v.path("spark").asText(),
            v.path("dl4j").asText(),
            v.path("os").asText()),
        seeds,
        root.path("native_classifier").asText(),
        root.path("executors").asInt(),
        root.path("workers").asInt(),
        strings(root.path("notes")));
  }

  private static SortedMap<String, String> strings(JsonNode map) {
    SortedMap<String, String> result = new TreeMap<>();
    map.fields().forEachRemaining(field -> result.put(field.getKey(), field.getValue().asText()));
    return result;
  }
}
