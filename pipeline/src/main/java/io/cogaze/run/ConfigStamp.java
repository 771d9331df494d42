package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The configuration that a folder was made with, as its manifest's body holds it.
 *
 * @param hash of the configuration that decides the content
 * @param values path to value, for people who compare; no secrets
 */
public record ConfigStamp(String hash, SortedMap<String, String> values) {
  private static final String HASH = "config_hash";
  private static final String VALUES = "config";

  public ConfigStamp {
    values = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  /** Adds it to the body that is going to be published. */
  public void putInto(Map<String, Object> body) {
    body.put(HASH, hash);
    body.put(VALUES, values);
  }

  /** Of a committed folder; the hash is empty where the writer left none. */
  public static ConfigStamp of(Manifest manifest) {
    SortedMap<String, String> values = new TreeMap<>();
    JsonNode map = manifest.body().path(VALUES);
    map.fields().forEachRemaining(field -> values.put(field.getKey(), field.getValue().asText()));
    return new ConfigStamp(manifest.body().path(HASH).asText(), values);
  }
}
