package io.cogaze.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders of the local disk, for tests. */
public final class Folders {
  private Folders() {}

  /** Copies a folder with everything in it to a place where nothing is. */
  public static void copy(Path from, Path to) throws IOException {
    for (Path path : tree(from)) {
      Path target = to.resolve(from.relativize(path).toString());
      if (Files.isDirectory(path)) {
        Files.createDirectories(target);
      } else {
        Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  /** Deletes a folder, if it is there, with everything in it. */
  public static void delete(Path folder) throws IOException {
    List<Path> paths = tree(folder);
    for (int i = paths.size() - 1; i >= 0; i--) {
      Files.delete(paths.get(i));
    }
  }

  /** Everything in a folder, outer before inner; nothing where there is no folder. */
  private static List<Path> tree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.sorted(Comparator.naturalOrder()).toList();
    }
  }
}
