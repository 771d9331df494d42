package io.cogaze.jobs.doctor;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Whether folders can be written. */
final class FolderChecks {
  private FolderChecks() {}

  /**
   * Writes a file and deletes it. A folder that does not exist is made.
   *
   * @param needed free bytes that will be wanted there
   */
  static Check check(String what, Path folder, long needed) {
    String name = "folder " + what;
    try {
      Files.createDirectories(folder);
      Path file = Files.createTempFile(folder, "cogaze-doctor", ".tmp");
      Files.delete(file);
      long free = Files.getFileStore(folder).getUsableSpace();
      String value =
          String.format(
              Locale.ROOT, "%s, writable, %.1f GiB free", folder, free / (double) (1L << 30));
      return free >= needed
          ? Check.ok(name, value)
          : Check.wrong(
              name,
              value,
              String.format(
                  Locale.ROOT, "%.1f GiB are needed there", needed / (double) (1L << 30)));
    } catch (IOException | SecurityException e) {
      return Check.wrong(
          name,
          folder + ", not writable: " + reason(e),
          "choose another folder, or correct its rights");
    }
  }

  /** In words: what Java puts into the name of its class stands in no message of it. */
  private static String reason(Exception e) {
    if (e instanceof FileAlreadyExistsException) {
      return "it is a file";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return e instanceof FileSystemException failure && failure.getReason() != null
        ? failure.getReason()
        : e.toString();
  }
}
