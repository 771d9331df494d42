package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the JSON that commands leave. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException("No JSON: " + text, e);
    }
  }

  static JsonNode read(Path file) {
    assertThat(file).isRegularFile();
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /** The summary of an output folder. */
  static JsonNode summary(Path folder) {
    return read(folder.resolve("summary.json"));
  }

  /** The manifest of an output folder. */
  static JsonNode manifest(Path folder) {
    return read(folder.resolve("manifest.json"));
  }
}
