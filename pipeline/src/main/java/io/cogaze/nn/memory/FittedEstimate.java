package io.cogaze.nn.memory;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The factors that were found by measuring, with what they were measured on.
 *
 * @param engine kernel and native library
 * @param jvmOptions options of the JVM that was measured, {@link MemoryEstimate#JVM_OPTIONS} then
 */
public record FittedEstimate(
    @JsonProperty("engine") String engine,
    @JsonProperty("jvm_options") List<String> jvmOptions,
    @JsonProperty("factors") MemoryEstimate factors) {
  /** Where the factors lie beside this class. */
  public static final String RESOURCE = "memory-estimate.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Errors: IllegalArgumentException when something is missing. */
  public FittedEstimate {
    if (engine == null || jvmOptions == null || factors == null) {
      throw new IllegalArgumentException(
          "A fitted estimate has engine, jvm_options and factors; one is missing");
    }
    jvmOptions = List.copyOf(jvmOptions);
  }

  /** The factors of this version's engine. */
  public static FittedEstimate committed() {
    try (InputStream resource = FittedEstimate.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException("There is no class path resource " + RESOURCE);
      }
      return parse(resource.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read class path resource " + RESOURCE, e);
    }
  }

  /** As JSON. */
  public String toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A record of numbers and text cannot be written", e);
    }
  }

  /** Reads what {@link #toJson} wrote. Errors: {@link IOException} for anything else. */
  public static FittedEstimate parse(byte[] json) throws IOException {
    return JSON.readValue(json, FittedEstimate.class);
  }
}
