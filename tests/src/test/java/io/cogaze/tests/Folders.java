package io.cogaze.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What java.nio.file lacks for folders. */
final class Folders {
  private Folders() {}

  /** Deletes a folder and what is in it; nothing when it is not there. Links are not followed. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }

  /** Copies a folder and what is in it. */
  static void copy(Path from, Path to) {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Path target = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + from, e);
    }
  }

  /** The regular files below a folder by relative name, with a hash of what each holds. */
  static SortedMap<String, String> contents(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      SortedMap<String, String> contents = new TreeMap<>();
      for (Path path : walk.filter(Files::isRegularFile).toList()) {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
        contents.put(folder.relativize(path).toString(), HexFormat.of().formatHex(hash));
      }
      return contents;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
