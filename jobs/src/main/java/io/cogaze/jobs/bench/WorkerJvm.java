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

  private static final List<String> MEMORY =
      List.of(
          "-Xms",
          "-Xmx",
          "-Xmn",
          "-XX:MaxHeapSize",
          "-XX:InitialHeapSize",
          "-XX:+Use",
          "-Dorg.bytedeco.javacpp.max");

  private WorkerJvm() {}

  /**
   * Words that start {@link Worker} by way of a main class.
   *
   * @param main main class and its arguments
   */
  static List<String> command(List<String> main) {
    return command(main, InstructionSet.NATIVE);
  }

  /** The same, held to a set of instructions. */
  static List<String> command(List<String> main, InstructionSet isa) {
    return command(main, isa.jvmOptions(), NOT_SHARED);
  }

  /**
   * The same with other limits of memory: such as do not depend on this machine's.
   *
   * @param limits options of heap and native memory, instead of this JVM's
   */
  static List<String> command(List<String> main, List<String> limits) {
    List<String> without = new ArrayList<>(NOT_SHARED);
    without.addAll(MEMORY);
    return command(main, limits, without);
  }

  private static List<String> command(
      List<String> main, List<String> added, List<String> withoutPrefixes) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (withoutPrefixes.stream().noneMatch(option::startsWith)) {
        command.add(option);
      }
    }
    command.addAll(added);
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
