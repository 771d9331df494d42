package io.cogaze.jobs.bench;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a JVM like this one: the same heap, the same limits of memory outside it, the
 * same modules and log. Under the launcher these are what training has.
 */
final class WorkerJvm {
  /** Debuggers and coverage slow a JVM down and cannot be shared. */
  private static final List<String> NOT_SHARED =
      List.of("-agentlib:", "-agentpath:", "-javaagent:", "-Xrunjdwp");

  private WorkerJvm() {}

  /**
   * Words that start {@link Worker} by way of a main class.
   *
   * @param main main class and its arguments
   */
  static List<String> command(List<String> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (NOT_SHARED.stream().noneMatch(option::startsWith)) {
        command.add(option);
      }
    }
    command.add("-cp");
    command.add(classPath());
    command.addAll(main);
    return command;
  }

  /** spark-submit loads the application's jar beside its own class path. */
  private static String classPath() {
    String path = System.getProperty("java.class.path");
    String own = ownPlace();
    return List.of(path.split(File.pathSeparator, -1)).contains(own)
        ? path
        : own + File.pathSeparator + path;
  }

  private static String ownPlace() {
    try {
      return Path.of(WorkerJvm.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("A class's place is no URI", e);
    }
  }
}
