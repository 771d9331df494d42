package io.cogaze.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * JSON as our small files hold it: UTF-8, two spaces, {@code \n}, keys of maps sorted, a line feed
 * at the end. The same value gives the same bytes everywhere.
 */
public final class Json {
  private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /** A value (maps, lists, numbers, strings, records, nodes) as bytes. */
  public static byte[] bytes(Object value) {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(INDENTER);
    printer.indentArraysWith(INDENTER);
    try {
      String text = MAPPER.writer(printer).writeValueAsString(value);
      return (text + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Cannot write as JSON: " + value, e);
    }
  }

  /** A value as a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** Parses. Errors: {@link UncheckedIOException} when the text is no JSON or cut off. */
  public static JsonNode parse(byte[] text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      if (node == null || node.isMissingNode()) {
        throw new IOException("empty");
      }
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a small file in one put, over what was there. */
  public static void write(FileSystem fs, Path file, Object value) throws IOException {
    put(fs, file, bytes(value));
  }

  /** Reads a small file. */
  public static JsonNode read(FileSystem fs, Path file) throws IOException {
    return parse(get(fs, file));
  }

  static void put(FileSystem fs, Path file, byte[] content) throws IOException {
    try (OutputStream out = fs.create(file, true)) {
      out.write(content);
    }
  }

  static byte[] get(FileSystem fs, Path file) throws IOException {
    try (InputStream in = fs.open(file)) {
      return in.readAllBytes();
    }
  }

  /**
   * Reads a small file. Empty where there is none, and where its checksums beside it, which the
   * local file system keeps, are cut off or of other content: so a process leaves it that dies
   * while it writes. What is cut off without checksums comes as it is.
   */
  public static Optional<byte[]> getIfWhole(FileSystem fs, Path file) throws IOException {
    try {
      return Optional.of(get(fs, file));
    } catch (FileNotFoundException | ChecksumException | EOFException e) {
      return Optional.empty();
    }
  }
}
