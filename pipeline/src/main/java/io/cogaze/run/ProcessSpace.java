package io.cogaze.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What processes share that know each other by their numbers. */
public final class ProcessSpace {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path PROCESSES = Path.of("/proc/self/ns/pid");

  private ProcessSpace() {}

  /**
   * What is equal for processes of the same start of the same Linux and the same name space of
   * processes; empty where the system does not say.
   */
  public static String ofThisProcess() {
    try {
      return Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(PROCESSES);
    } catch (IOException | SecurityException e) {
      return "";
    }
  }
}
