package io.cogaze.jobs.bench;

import io.cogaze.error.RunException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bytes that this process has read and written so far, files and sockets together, as Linux counts
 * them ({@code rchar} and {@code wchar} of {@code /proc/self/io}).
 */
record ProcessIo(long read, long written) {
  private static final Path FILE = Path.of("/proc/self/io");
  private static final Pattern READ = Pattern.compile("(?m)^rchar: (\\d+)$");
  private static final Pattern WRITTEN = Pattern.compile("(?m)^wchar: (\\d+)$");

  /** Errors: {@link RunException} where there is no such file. */
  static ProcessIo now() {
    try {
      String text = Files.readString(FILE);
      return new ProcessIo(number(READ, text), number(WRITTEN, text));
    } catch (IOException e) {
      throw new RunException(
          "Cannot count the driver's bytes: " + e.getMessage() + ". The benchmark needs Linux.", e);
    }
  }

  private static long number(Pattern pattern, String text) {
    Matcher found = pattern.matcher(text);
    if (!found.find()) {
      throw new RunException("Cannot read " + FILE + ": " + text);
    }
    return Long.parseLong(found.group(1));
  }

  ProcessIo since(ProcessIo earlier) {
    return new ProcessIo(read - earlier.read, written - earlier.written);
  }
}
