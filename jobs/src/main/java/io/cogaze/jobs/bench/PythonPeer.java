package io.cogaze.jobs.bench;

import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The peer's script and the Python that runs it. The script and its requirements travel in the jar,
 * so that both sides of the protocol and both definitions of a network are always of one version.
 *
 * @param python interpreter that has PyTorch
 * @param script the peer
 */
record PythonPeer(Path python, Path script) {
  private static final Logger LOG = LoggerFactory.getLogger(PythonPeer.class);

  /** The peer of {@code bench engine}. */
  static final String ENGINE = "engine_peer.py";

  /** The peer of {@code bench round}. */
  static final String ALL_REDUCE = "allreduce_peer.py";

  private static final String REQUIREMENTS = "requirements.txt";
  private static final int SHOWN_LINES = 15;

  /**
   * Makes ready.
   *
   * @param name the project's script
   * @param cache folder for the Python environment and the script; it is kept and used again
   * @param chosenPython an interpreter that has PyTorch already
   * @param chosenScript another peer
   */
  static PythonPeer ready(
      String name, Path cache, Optional<String> chosenPython, Optional<Path> chosenScript) {
    try {
      Files.createDirectories(cache);
      Path script = chosenScript.orElse(cache.resolve(name));
      if (chosenScript.isEmpty()) {
        Files.write(script, resource(name));
      } else if (!Files.isRegularFile(script)) {
        throw new ConfigurationException("Cannot find the peer's script " + script + ".");
      }
      Path python = chosenPython.isPresent() ? found(chosenPython.get()) : environment(cache);
      return new PythonPeer(python, script);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write to the benchmark's folder " + cache, e);
    }
  }

  List<String> command() {
    return List.of(python.toString(), script.toString());
  }

  /** The environment of the requirements: made the first time, and again when they change. */
  private static Path environment(Path cache) throws IOException {
    byte[] requirements = resource(REQUIREMENTS);
    String base =
        find("python3").orElseThrow(() -> noPython("python3 is not on the PATH")).toString();
    Path folder = cache.resolve("python-" + fingerprint(requirements));
    try (FileChannel channel =
            FileChannel.open(
                cache.resolve("python.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      Path done = folder.resolve("complete");
      if (lock.isValid() && !Files.exists(done)) {
        LOG.info("making a Python environment with PyTorch in {}; the first time only", folder);
        Path list = cache.resolve(REQUIREMENTS);
        Files.write(list, requirements);
        run(cache, "venv", List.of(base, "-m", "venv", "--clear", folder.toString()));
        run(
            cache,
            "pip",
            List.of(
                folder.resolve("bin/python").toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                list.toString()));
        Files.createFile(done);
      }
    }
    return folder.resolve("bin/python");
  }

  private static void run(Path cache, String step, List<String> command) throws IOException {
    Path log = cache.resolve(step + ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .start();
    process.getOutputStream().close();
    int code;
    try {
      code = process.waitFor();
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while making a Python environment", e);
    }
    if (code != 0) {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      throw noPython(
          "'"
              + String.join(" ", command)
              + "' ended with exit code "
              + code
              + ":\n"
              + String.join(
                  "\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())));
    }
  }

  private static RunException noPython(String reason) {
    return new RunException(
        "Cannot make the Python environment that the benchmark compares with: "
            + reason
            + "\n"
            + "  needed: Python 3.11 or newer with venv (Debian: python3-venv), and a way to PyPI"
            + " or what PIP_INDEX_URL names\n"
            + "  fix:    install it, or name a Python that has PyTorch: --python PATH");
  }

  private static Path found(String python) {
    Optional<Path> place =
        python.contains(File.separator)
            ? Optional.of(Path.of(python).toAbsolutePath()).filter(Files::isExecutable)
            : find(python);
    return place.orElseThrow(
        () ->
            new ConfigurationException(
                "Cannot find the Python of --python '" + python + "': no such program."));
  }

  private static Optional<Path> find(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PythonPeer.class.getResourceAsStream("/bench/" + name)) {
      if (in == null) {
        throw new IllegalStateException("bench/" + name + " is missing in CoGaze's jar");
      }
      return in.readAllBytes();
    }
  }

  private static String fingerprint(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
