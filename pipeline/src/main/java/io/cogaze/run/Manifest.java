package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.InputException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What a committed folder holds. Readers trust the files it lists and nothing else; a folder
 * without it, or with half of it, is not committed. {@code manifest.json} holds the SHA-256 of the
 * rest of its content, so that a write cut off at any byte is noticed on file systems where a put
 * is not atomic.
 *
 * @param formatVersion of the file's layout
 * @param kind what the folder is: shards, checkpoint, evaluation, ...
 * @param files sorted by name
 * @param body counts, hashes and whatever else the writer put there
 * @param sha256 of the bytes of {@code manifest.json}; names this very content
 */
public record Manifest(
    int formatVersion, String kind, List<ManifestFile> files, JsonNode body, String sha256) {

  /** Name of the file in its folder. */
  public static final String FILE = "manifest.json";

  /** The layout that this version reads and writes. */
  public static final int FORMAT_VERSION = 1;

  private static final String SEAL = "content_sha256";

  public Manifest {
    files = List.copyOf(files);
  }

  /** Whether the folder is committed. Errors: as {@link #readIfPresent}. */
  public static boolean isCommitted(FileSystem fs, Path folder) {
    return readIfPresent(fs, folder).isPresent();
  }

  /**
   * The manifest of a committed folder; empty where there is none or only part of one, which is
   * what an interrupted writer leaves. Errors: {@link InputException} for another format version,
   * {@link UncheckedIOException} when the file system fails.
   */
  public static Optional<Manifest> readIfPresent(FileSystem fs, Path folder) {
    Path file = new Path(folder, FILE);
    try {
      return Json.getIfWhole(fs, file).flatMap(bytes -> parse(bytes, file));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The manifest of a folder that must be committed. Errors: {@link InputException} when it is not,
   * or has another format version.
   */
  public static Manifest read(FileSystem fs, Path folder) {
    return readIfPresent(fs, folder)
        .orElseThrow(() -> new InputException(notCommitted(fs, folder)));
  }

  /** As {@link #read}, and the folder must be of this kind. */
  public static Manifest read(FileSystem fs, Path folder, String kind) {
    Manifest manifest = read(fs, folder);
    if (!manifest.kind.equals(kind)) {
      throw new InputException(
          "Cannot read %s as %s: its %s says that it holds %s.\n  fix:   give the folder that holds %s"
              .formatted(folder, kind, FILE, manifest.kind, kind));
    }
    return manifest;
  }

  private static String notCommitted(FileSystem fs, Path folder) {
    String state;
    String cause;
    try {
      if (!fs.exists(folder)) {
        state = "there is no such folder";
        cause = "the path is wrong, or the step that writes it has not run";
      } else if (fs.exists(new Path(folder, FILE))) {
        state = "its " + FILE + " is not whole";
        cause = "the step that writes it was interrupted, or the file was changed afterwards";
      } else {
        state = "it has no " + FILE;
        cause = "the step that writes it has not finished, or this is the wrong folder";
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot look into " + folder + ": " + e.getMessage(), e);
    }
    return "Cannot read %s: %s.\n  cause: %s\n  fix:   check the path, or run that step (again)"
        .formatted(folder, state, cause);
  }

  private static Optional<Manifest> parse(byte[] bytes, Path file) {
    JsonNode root;
    try {
      root = Json.parse(bytes);
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
    int version = root.path("format_version").asInt(-1);
    if (root.path("format_version").isInt() && version != FORMAT_VERSION) {
      throw new InputException(
          "Cannot read %s: format version %d, this program reads version %d.\n  cause: %s CoGaze wrote it\n  fix:   use that version of CoGaze, or write the folder again"
              .formatted(
                  file,
                  version,
                  FORMAT_VERSION,
                  version > FORMAT_VERSION ? "a newer" : "an older"));
    }
    List<ManifestFile> files = new ArrayList<>();
    try {
      for (JsonNode entry : root.path("files")) {
        files.add(
            new ManifestFile(
                entry.path("name").asText(),
                entry.path("size_bytes").asLong(-1),
                entry.path("sha256").asText(),
                entry.path("rows").asLong(-1)));
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    String kind = root.path("kind").asText();
    Manifest manifest = new Manifest(version, kind, files, root.path("body"), Sha256.of(bytes));
    String seal = Sha256.of(Json.bytes(content(kind, files, root.path("body"))));
    return seal.equals(root.path(SEAL).asText()) ? Optional.of(manifest) : Optional.empty();
  }

  /** The bytes of {@code manifest.json}. */
  static byte[] bytes(String kind, List<ManifestFile> files, JsonNode body) {
    Map<String, Object> content = content(kind, files, body);
    String seal = Sha256.of(Json.bytes(content));
    content.put(SEAL, seal);
    return Json.bytes(content);
  }

  private static Map<String, Object> content(String kind, List<ManifestFile> files, JsonNode body) {
    List<Map<String, Object>> entries = new ArrayList<>();
    for (ManifestFile file : files) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", file.name());
      entry.put("size_bytes", file.sizeBytes());
      entry.put("sha256", file.sha256());
      if (file.rows().isPresent()) {
        entry.put("rows", file.rowCount());
      }
      entries.add(entry);
    }
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("format_version", FORMAT_VERSION);
    content.put("kind", kind);
    content.put("files", entries);
    content.put("body", body);
    return content;
  }

  /**
   * The listed files whose unique name was made from this prefix and suffix, sorted; see {@link
   * FolderCommit#fileName}.
   */
  public List<ManifestFile> files(String prefix, String suffix) {
    return files.stream()
        .filter(file -> FolderCommit.isNamed(file.name(), prefix, suffix))
        .toList();
  }

  /** The one file of this prefix and suffix. Errors: {@link InputException}. */
  public ManifestFile file(String prefix, String suffix) {
    List<ManifestFile> found = files(prefix, suffix);
    if (found.size() != 1) {
      throw new InputException(
          "Cannot find %s...%s: the manifest of kind %s lists %d such files"
              .formatted(prefix, suffix, kind, found.size()));
    }
    return found.get(0);
  }

  /**
   * Compares the folder with the list: every file must be there with its size and, if asked for,
   * its SHA-256, which reads every byte. Errors: {@link InputException} that lists what is wrong.
   */
  public void verify(FileSystem fs, Path folder, boolean hashes) {
    List<String> wrong = new ArrayList<>();
    for (ManifestFile file : files) {
      Path path = new Path(folder, file.name());
      try {
        FileStatus status = fs.getFileStatus(path);
        if (status.getLen() != file.sizeBytes()) {
          wrong.add(
              "%s has %d bytes, expected %d".formatted(path, status.getLen(), file.sizeBytes()));
        } else if (hashes && !Sha256.of(fs, path).equals(file.sha256())) {
          wrong.add(path + " has other content than was written (SHA-256 differs)");
        }
      } catch (FileNotFoundException e) {
        wrong.add(path + " is missing");
      } catch (ChecksumException | EOFException e) {
        wrong.add(path + " has other content than was written (" + e.getMessage() + ")");
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot read " + path + ": " + e.getMessage(), e);
      }
    }
    if (!wrong.isEmpty()) {
      throw new InputException(
          "Cannot use %s: %d of its %d files are damaged.\n  %s\n  cause: files were changed, deleted or copied in part after they were written\n  fix:   copy the folder again, or run the step that writes it with --overwrite"
              .formatted(folder, wrong.size(), files.size(), String.join("\n  ", wrong)));
    }
  }
}
