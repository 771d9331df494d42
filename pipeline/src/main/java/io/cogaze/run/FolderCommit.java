package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a folder so that it is either wholly there or not there at all: files under unique names
 * first, then {@code manifest.json} that lists them, in one put. Until the manifest is whole no
 * reader sees the files; what an interrupted attempt left behind is never listed, and {@link
 * #removeLeftovers} deletes it. Nothing depends on rename, append or listing, so the protocol is
 * the same on local disks, HDFS and object stores.
 *
 * <p>A folder that is committed already stays readable until the new manifest replaces the old one;
 * then {@link #removeLeftovers} deletes the old files. For that, files need unique names: a writer
 * that uses fixed names must {@link #withdraw} first.
 */
public final class FolderCommit {
  private static final Logger LOG = LoggerFactory.getLogger(FolderCommit.class);
  private static final Pattern UNIQUE = Pattern.compile(".*-[0-9a-f]{32}(\\.[^/]*)?");

  private final FileSystem fs;
  private final Path folder;
  private final String kind;
  private final SortedMap<String, ManifestFile> files = new TreeMap<>();
  private Optional<RunLock> lock = Optional.empty();
  private boolean published;

  private FolderCommit(FileSystem fs, Path folder, String kind) {
    this.fs = fs;
    this.folder = folder;
    this.kind = kind;
  }

  /** Makes the folder if need be. */
  public static FolderCommit begin(FileSystem fs, Path folder, String kind) {
    Folders.make(fs, folder);
    return new FolderCommit(fs, folder, kind);
  }

  /** Checks this lock just before publishing, so that a writer that lost it cannot publish. */
  public FolderCommit guardedBy(RunLock held) {
    lock = Optional.of(held);
    return this;
  }

  /**
   * A name that no other attempt uses: prefix, dash, 32 random hex digits, suffix. The prefix may
   * have folders in it ({@code data/part-00000}). Plain text, so that tasks can be given it or make
   * it themselves.
   */
  public static String fileName(String prefix, String suffix) {
    if (!suffix.isEmpty() && !suffix.startsWith(".")) {
      throw new IllegalArgumentException("Cannot name a file: suffix '" + suffix + "' has no dot");
    }
    return prefix + "-" + UUID.randomUUID().toString().replace("-", "") + suffix;
  }

  /** Whether {@link #fileName} could have made this name. */
  public static boolean isNamed(String name, String prefix, String suffix) {
    return name.length() == prefix.length() + 33 + suffix.length()
        && name.startsWith(prefix + "-")
        && name.endsWith(suffix)
        && UNIQUE.matcher(name).matches();
  }

  /** Where to write a new file. It counts only after it is added. */
  public Path newFile(String prefix, String suffix) {
    return new Path(folder, fileName(prefix, suffix));
  }

  /** The name to add a file by: its path relative to the folder. */
  public String relativeName(Path file) {
    String base = folder.toUri().getPath();
    String path = file.toUri().getPath();
    if (!path.startsWith(base.endsWith("/") ? base : base + "/")) {
      throw new IllegalArgumentException("Cannot add " + file + ": it is not in " + folder);
    }
    return path.substring(base.length()).replaceFirst("^/", "");
  }

  /** Lists a file that is written and closed. */
  public void add(String relativeName, long sizeBytes, String sha256, OptionalLong rows) {
    add(new ManifestFile(relativeName, sizeBytes, sha256, rows.orElse(-1)));
  }

  /** Lists a file that is written and closed. */
  public void add(ManifestFile file) {
    if (file.name().equals(Manifest.FILE) || files.putIfAbsent(file.name(), file) != null) {
      throw new IllegalArgumentException("Cannot add " + file.name() + ": it is listed already");
    }
  }

  /** Lists a file that is written and closed, after reading it for its size and SHA-256. */
  public ManifestFile addAndHash(String relativeName, OptionalLong rows) {
    Path path = new Path(folder, relativeName);
    try {
      long size = fs.getFileStatus(path).getLen();
      ManifestFile file =
          new ManifestFile(relativeName, size, Sha256.of(fs, path), rows.orElse(-1));
      add(file);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read back " + path + ": " + e.getMessage(), e);
    }
  }

  /** Writes a small file under a unique name and lists it. */
  public ManifestFile write(String prefix, String suffix, byte[] content) {
    String name = fileName(prefix, suffix);
    Path path = new Path(folder, name);
    try {
      Json.put(fs, path, content);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + path + ": " + e.getMessage(), e);
    }
    ManifestFile file = new ManifestFile(name, content.length, Sha256.of(content), -1);
    add(file);
    return file;
  }

  /**
   * Makes the folder visible: checks the lock and that every listed file is there with its size,
   * then writes the manifest. The body must be the same for the same result: no times. Errors:
   * {@link io.cogaze.error.RunException} when the lock is lost.
   */
  public Manifest publish(Map<String, ?> body) {
    if (published) {
      throw new IllegalStateException("Cannot publish " + folder + " twice; begin again");
    }
    List<ManifestFile> list = new ArrayList<>(files.values());
    // As a reader will parse it, so that the seal is the same on both sides.
    JsonNode tree = Json.parse(Json.bytes(body));
    byte[] bytes = Manifest.bytes(kind, list, tree);
    Manifest manifest = new Manifest(Manifest.FORMAT_VERSION, kind, list, tree, Sha256.of(bytes));
    try {
      for (ManifestFile file : list) {
        Path path = new Path(folder, file.name());
        long size = fs.getFileStatus(path).getLen();
        if (size != file.sizeBytes()) {
          throw new IOException(
              path + " has " + size + " bytes, but " + file.sizeBytes() + " were written");
        }
      }
      lock.ifPresent(RunLock::check);
      Json.put(fs, new Path(folder, Manifest.FILE), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot publish " + folder + ": " + e.getMessage(), e);
    }
    published = true;
    return manifest;
  }

  /**
   * Takes back a committed folder: deletes its manifest, then the files that it listed. The caller
   * holds the lock.
   */
  public static void withdraw(FileSystem fs, Path folder) {
    Optional<Manifest> old = Manifest.readIfPresent(fs, folder);
    try {
      fs.delete(new Path(folder, Manifest.FILE), false);
      if (old.isPresent()) {
        for (ManifestFile file : old.get().files()) {
          fs.delete(new Path(folder, file.name()), false);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot withdraw " + folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * As the other {@code removeLeftovers}, for a folder that CoGaze itself made inside of an output
   * folder: all unique names, but at the top of the folder only.
   */
  public static List<String> removeLeftovers(FileSystem fs, Path folder) {
    return removeLeftovers(fs, folder, new OwnFiles(Set.of(), UNIQUE, Set.of()));
  }

  /**
   * Deletes the folder's own files with unique names that the manifest does not list, at its top
   * and in its own sub-folders, and logs their names. Other files stay, other folders are not
   * looked into. The caller holds the lock. Returns what was deleted, relative, sorted.
   */
  public static List<String> removeLeftovers(FileSystem fs, Path folder, OwnFiles own) {
    Set<String> listed =
        Manifest.readIfPresent(fs, folder).stream()
            .flatMap(manifest -> manifest.files().stream())
            .map(ManifestFile::name)
            .collect(Collectors.toSet());
    List<String> removed = new ArrayList<>();
    try {
      if (fs.exists(folder)) {
        removeLeftovers(fs, folder, "", own, listed, removed);
        for (String name : own.folders()) {
          Path inner = new Path(folder, name);
          if (fs.exists(inner) && fs.getFileStatus(inner).isDirectory()) {
            removeLeftovers(fs, inner, name + "/", own, listed, removed);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot clean " + folder + ": " + e.getMessage(), e);
    }
    removed.sort(null);
    if (!removed.isEmpty()) {
      LOG.info(
          "Deleted {} files in {} that its manifest does not list: {}",
          removed.size(),
          folder,
          String.join(", ", removed));
    }
    return removed;
  }

  private static void removeLeftovers(
      FileSystem fs,
      Path folder,
      String prefix,
      OwnFiles own,
      Set<String> listed,
      List<String> removed)
      throws IOException {
    for (FileStatus status : fs.listStatus(folder)) {
      String name = prefix + status.getPath().getName();
      if (status.isFile() && own.unique().matcher(name).matches() && !listed.contains(name)) {
        fs.delete(status.getPath(), false);
        removed.add(name);
      }
    }
  }
}
