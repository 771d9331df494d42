package io.cogaze.jobs.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What the operating system tells in files, on Linux.
 *
 * @param root where {@code proc} and {@code sys} lie: {@code /}, or a copy of them
 * @param environment variables of the process
 */
public record Machine(Path root, Map<String, String> environment) {
  private static final long UNLIMITED = 1L << 60;

  /** This machine. */
  public static Machine here() {
    return new Machine(Path.of("/"), System.getenv());
  }

  /** A file's text; nothing when it cannot be read. */
  Optional<String> text(String file) {
    Path path = root.resolve(file);
    if (!Files.isReadable(path) || Files.isDirectory(path)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new String(Files.readAllBytes(path), StandardCharsets.UTF_8));
    } catch (IOException e) {
      // Files of the kernel may refuse to be read although they look readable.
      return Optional.empty();
    }
  }

  /** The files and folders of a folder by name; none when it cannot be read. */
  List<Path> list(String folder) {
    Path path = root.resolve(folder);
    if (!Files.isDirectory(path) || !Files.isReadable(path)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(path)) {
      return found.sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** The value behind {@code key:} in a file of such lines. */
  Optional<String> value(String file, String key) {
    return text(file)
        .flatMap(
            text ->
                text.lines()
                    .filter(line -> line.startsWith(key))
                    .map(line -> line.substring(key.length()).strip())
                    .filter(rest -> rest.startsWith(":"))
                    .map(rest -> rest.substring(1).strip())
                    .findFirst());
  }

  /** Memory of the machine, in bytes. */
  OptionalLong memory() {
    return value("proc/meminfo", "MemTotal")
        .map(text -> OptionalLong.of(Long.parseLong(text.split("\\s+", 2)[0]) << 10))
        .orElse(OptionalLong.empty());
  }

  /**
   * The smallest memory limit of the control groups that this process is in, in bytes; nothing
   * without one.
   */
  OptionalLong memoryLimit() {
    return groupFiles("memory", "memory.max", "memory.limit_in_bytes")
        .filter(text -> text.matches("\\d{1,18}"))
        .mapToLong(Long::parseLong)
        .filter(limit -> limit < UNLIMITED)
        .min();
  }

  /** The smallest CPU quota of the control groups of version 2, in cores; nothing without one. */
  Optional<Double> cpuLimit() {
    return groupFiles("cpu", "cpu.max", "")
        .map(text -> text.split(" ", 2))
        .filter(parts -> parts.length == 2 && parts[0].matches("\\d{1,12}"))
        .filter(parts -> parts[1].matches("[1-9]\\d{0,11}"))
        .map(parts -> Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]))
        .min(Double::compare);
  }

  /** The texts of a file of the process's control group and of all above it. */
  private Stream<String> groupFiles(String controller, String version2, String version1) {
    return text("proc/self/cgroup").stream()
        .flatMap(String::lines)
        .map(line -> line.split(":", 3))
        .filter(parts -> parts.length == 3)
        .flatMap(
            parts -> {
              if (parts[1].isEmpty()) {
                return upwards("sys/fs/cgroup", parts[2], version2);
              }
              boolean controls = List.of(parts[1].split(",")).contains(controller);
              return controls && !version1.isEmpty()
                  ? upwards("sys/fs/cgroup/" + controller, parts[2], version1)
                  : Stream.empty();
            })
        .map(String::strip);
  }

  private Stream<String> upwards(String mount, String group, String file) {
    Stream.Builder<String> files = Stream.builder();
    for (String at = group; !at.isEmpty(); at = at.substring(0, at.lastIndexOf('/'))) {
      if (at.lastIndexOf('/') < 0) {
        break;
      }
      files.add(mount + at + "/" + file);
    }
    files.add(mount + "/" + file);
    return files.build().flatMap(name -> text(name.replace("//", "/")).stream());
  }
}
