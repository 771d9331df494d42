package io.cogaze.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Starts programs, with what they print kept, and never leaves one behind. */
final class Programs {
  /** What may come from the tester's own environment; everything else could change results. */
  private static final Set<String> KEPT =
      Set.of(
          "PATH",
          "HOME",
          "USER",
          "LANG",
          "TMPDIR",
          "JAVA_HOME",
          "CI",
          "SSL_CERT_FILE",
          "HTTP_PROXY",
          "HTTPS_PROXY",
          "NO_PROXY",
          "http_proxy",
          "https_proxy",
          "no_proxy");

  private Programs() {}

  /**
   * Runs a program to its end.
   *
   * @throws AssertionError when it takes longer than the limit; it and its children are then ended
   */
  static Completed run(
      Path directory, Map<String, String> environment, Duration limit, List<String> command) {
    try {
      Path out = Files.createTempFile(Project.scratch("output"), "out", ".txt");
      Path err = Files.createTempFile(Project.scratch("output"), "err", ".txt");
      try {
        return run(directory, environment, limit, command, out, err);
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while running " + command, e);
    }
  }

  private static Completed run(
      Path directory,
      Map<String, String> environment,
      Duration limit,
      List<String> command,
      Path out,
      Path err)
      throws IOException, InterruptedException {
    ProcessBuilder builder = builder(directory, environment, command, out, err);
    long start = System.nanoTime();
    Process process = builder.start();
    boolean ended = false;
    try {
      ended = process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
    } finally {
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Completed result =
        new Completed(
            List.copyOf(command),
            process.exitValue(),
            Files.readString(out, StandardCharsets.UTF_8),
            Files.readString(err, StandardCharsets.UTF_8),
            seconds);
    if (!ended) {
      throw new AssertionError(
          "Took longer than " + limit + ": " + String.join(" ", command) + "\n" + result.all());
    }
    return result;
  }

  /**
   * Starts a program and comes back at once. The caller ends it with {@link #kill}.
   *
   * @param out file for what it prints, errors too
   */
  static Process start(
      Path directory, Map<String, String> environment, List<String> command, Path out) {
    try {
      return builder(directory, environment, command, out, out).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command, e);
    }
  }

  /** Ends a program and its children at once, without a chance to clean up (SIGKILL). */
  static void kill(Process process) {
    try {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while ending a program", e);
    }
  }

  private static ProcessBuilder builder(
      Path directory, Map<String, String> environment, List<String> command, Path out, Path err) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder
        .environment()
        .keySet()
        .removeIf(name -> !KEPT.contains(name) && !name.startsWith("PIP_"));
    builder.environment().putAll(environment);
    return builder;
  }
}
