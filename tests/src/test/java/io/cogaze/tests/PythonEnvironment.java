package io.cogaze.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Python environment of the tests' own, with pinned packages: independent opinions on what CoGaze
 * writes. It is made under {@code target/} the first time and used again while its requirements
 * stay the same.
 *
 * <p>A machine without Python, or without a way to PyPI, skips the test with the reason; with
 * {@code CI=true} the test fails. {@code COGAZE_PYTHON} names another interpreter than {@code
 * python3}.
 */
final class PythonEnvironment {
  private static final Duration INSTALL_LIMIT = Duration.ofMinutes(10);

  private final Path folder;

  private PythonEnvironment(Path folder) {
    this.folder = folder;
  }

  /** The environment of {@code src/test/python/requirements-NAME.txt}. */
  static PythonEnvironment named(String name) {
    try {
      Path requirements =
          Project.root().resolve("tests/src/test/python/requirements-" + name + ".txt");
      String python = interpreter();
      String key = fingerprint(Files.readString(requirements) + python);
      Path home = Project.scratch("python");
      Path folder = home.resolve(name + "-" + key);
      try (FileChannel channel =
              FileChannel.open(
                  home.resolve(name + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        Path done = folder.resolve("complete");
        if (lock.isValid() && !Files.exists(done)) {
          make(python, folder, requirements);
          Files.createFile(done);
        }
      }
      return new PythonEnvironment(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make the Python environment " + name, e);
    }
  }

  /** Runs a script of {@code src/test/python}. */
  Completed script(String name, Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(python().toString());
    command.add(Project.root().resolve("tests/src/test/python").resolve(name).toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Programs.run(folder, Map.of(), Duration.ofMinutes(10), command);
  }

  /** The interpreter of this environment. */
  Path python() {
    return folder.resolve("bin/python");
  }

  /** The folder that packages are installed in. */
  Path packages() {
    try (Stream<Path> versions = Files.list(folder.resolve("lib"))) {
      return versions
          .map(version -> version.resolve("site-packages"))
          .filter(Files::isDirectory)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("No site-packages in " + folder));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + folder, e);
    }
  }

  private static String interpreter() {
    String chosen = System.getenv("COGAZE_PYTHON");
    if (chosen != null) {
      return chosen;
    }
    return Tools.require("python3", "install Python 3.10 to 3.13 with venv (Debian: python3-venv)")
        .toString();
  }

  private static void make(String python, Path folder, Path requirements) {
    check(List.of(python, "-m", "venv", "--clear", folder.toString()), "make a Python environment");
    check(
        List.of(
            folder.resolve("bin/python").toString(),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            requirements.toString()),
        "install " + requirements.getFileName());
  }

  private static void check(List<String> command, String purpose) {
    Completed done = Programs.run(Project.root(), Map.of(), INSTALL_LIMIT, command);
    if (done.exitCode() != 0) {
      throw Tools.missing("cannot " + purpose + ":\n" + done.all());
    }
  }

  private static String fingerprint(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
