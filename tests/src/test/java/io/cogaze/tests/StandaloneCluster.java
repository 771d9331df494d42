package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A standalone Spark cluster on loopback addresses, each worker with one of its own. To Spark they
 * are different hosts, which the workers of {@code local-cluster} are not: no second attempt of a
 * task that still runs is ever started on the host of the first.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Pattern ADDRESS = Pattern.compile("Starting Spark master at (spark://\\S+)");
  private static final Pattern REGISTERED = Pattern.compile("Registering worker");

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private String master;

  /**
   * Starts the master and workers of one core and 2 GiB each.
   *
   * @param folder for logs and executors' files, which {@link #close} deletes
   */
  StandaloneCluster(Path folder, int workers) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      Path log = folder.resolve("master.txt");
      start(log, "127.0.0.1", "master.Master", "--port", "0");
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(address(log)).as(() -> text(log)).isPresent());
      master = address(log).orElseThrow();
      for (int worker = 0; worker < workers; worker++) {
        start(
            folder.resolve("worker-" + worker + ".txt"),
            "127.0.0." + (worker + 2),
            "worker.Worker",
            "--port",
            "0",
            "--cores",
            "1",
            "--memory",
            "2g",
            "--work-dir",
            folder.resolve("work-" + worker).toString(),
            master);
      }
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(REGISTERED.matcher(text(log)).results().count())
                      .as(() -> text(log))
                      .isEqualTo(workers));
    } catch (IOException | AssertionError | RuntimeException e) {
      processes.forEach(Programs::kill);
      throw new IllegalStateException("Cannot start a Spark cluster in " + folder, e);
    }
  }

  /** What {@code --master} takes. */
  String master() {
    return master;
  }

  private void start(Path log, String host, String daemon, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    command.addAll(List.of("-cp", Project.sparkHome().resolve("jars") + "/*"));
    command.add("org.apache.spark.deploy." + daemon);
    command.addAll(List.of("--host", host, "--webui-port", "0"));
    command.addAll(List.of(options));
    processes.add(
        Programs.start(
            folder,
            Map.of(
                "SPARK_HOME",
                Project.sparkHome().toString(),
                "SPARK_SCALA_VERSION",
                "2.12",
                "SPARK_LOCAL_IP",
                host),
            command,
            log));
  }

  private static Optional<String> address(Path log) {
    Matcher matcher = ADDRESS.matcher(text(log));
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends all processes, executors too, and deletes their files. */
  @Override
  public void close() {
    // The master last: workers that lose it would look for it.
    for (int last = processes.size() - 1; last >= 0; last--) {
      Programs.kill(processes.get(last));
    }
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + folder, e);
    }
  }
}
