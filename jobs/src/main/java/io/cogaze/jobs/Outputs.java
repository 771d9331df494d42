package io.cogaze.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.run.Json;
import io.cogaze.run.Summary;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What commands leave for people and for schedulers. */
final class Outputs {
  private static final Logger LOG = LoggerFactory.getLogger(Outputs.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Outputs() {}

  /**
   * Notes in the run folder's own summary what a command that worked on the run did: {@code
   * commands.<name>} holds its summary, and the keys that scripts look for ({@code metrics}, {@code
   * floor}, {@code files}) stand on top as the newest command that has them left them. Call it only
   * while the run folder is locked: the file is read, changed and written.
   */
  static void noteInRun(FileSystem fileSystem, Path run, JsonNode summary) {
    try {
      note(fileSystem, run, summary);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot write " + new Path(run, Summary.FILE) + ": " + e.getMessage(), e);
    }
  }

  private static void note(FileSystem fileSystem, Path run, JsonNode summary) throws IOException {
    ObjectNode whole = readObject(fileSystem, new Path(run, Summary.FILE));
    ObjectNode latest = summary.deepCopy();
    ObjectNode commands =
        whole.get("commands") instanceof ObjectNode old ? old : JSON.createObjectNode();
    commands.set(latest.get("command").asText(), latest);
    ObjectNode merged = latest.deepCopy();
    for (String kept : List.of("metrics", "floor", "files")) {
      JsonNode before = whole.get(kept);
      if (before instanceof ObjectNode old) {
        ObjectNode union = old.deepCopy();
        if (merged.get(kept) instanceof ObjectNode now) {
          union.setAll(now);
        }
        merged.set(kept, union);
      }
    }
    merged.set("commands", commands);
    write(
        fileSystem,
        new Path(run, Summary.FILE),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(merged));
  }

  /**
   * As the other, for a command whose summary lies in a folder of its own below the run: the names
   * of its files are made relative to the run folder.
   */
  static void noteInRun(FileSystem fileSystem, Path run, Path folder, JsonNode summary) {
    ObjectNode moved = summary.deepCopy();
    if (moved.get("files") instanceof ObjectNode files) {
      for (Map.Entry<String, JsonNode> file : summary.path("files").properties()) {
        files.put(file.getKey(), relative(run, new Path(folder, file.getValue().asText())));
      }
    }
    noteInRun(fileSystem, run, moved);
  }

  /** The name of a file from a folder above it on, so that a folder can be moved as a whole. */
  static String relative(Path folder, Path file) {
    String above = folder.toUri().getPath() + "/";
    String path = file.toUri().getPath();
    if (!path.startsWith(above)) {
      throw new IllegalArgumentException(file + " does not lie in " + folder);
    }
    return path.substring(above.length());
  }

  /** A path that users can paste into other programs: without a scheme on local disks. */
  static String location(Path path) {
    boolean local = "file".equals(path.toUri().getScheme());
    return local ? path.toUri().getPath() : path.toString();
  }

  static ObjectNode readObject(FileSystem fileSystem, Path file) throws IOException {
    // Summaries are notes: one that was cut off while it was written must not end the next command.
    Optional<byte[]> bytes = Json.getIfWhole(fileSystem, file);
    if (bytes.isEmpty()) {
      if (fileSystem.exists(file)) {
        LOG.warn("{} is not whole and is left out of account: its checksums differ", file);
      }
      return JSON.createObjectNode();
    }
    try {
      return JSON.readTree(bytes.get()) instanceof ObjectNode object
          ? object
          : JSON.createObjectNode();
    } catch (JsonProcessingException e) {
      LOG.warn("{} is not whole and is left out of account: {}", file, e.getOriginalMessage());
      return JSON.createObjectNode();
    }
  }

  static void writeText(FileSystem fileSystem, Path file, String text) throws IOException {
    write(fileSystem, file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void write(FileSystem fileSystem, Path file, byte[] bytes) throws IOException {
    try (OutputStream out = fileSystem.create(file, true)) {
      out.write(bytes);
    }
  }
}
