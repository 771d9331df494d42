package io.cogaze.train.spark;

import io.cogaze.error.ConfigurationException;
import io.cogaze.train.plan.ResourceSum.Amount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that CoGaze may count on where this process runs, as the launcher reckons it: that of
 * the machine or of its container, or what {@value #VARIABLE} says, less what the system keeps.
 */
final class MachineMemory {
  /** Overrides what the machine says. */
  static final String VARIABLE = "COGAZE_MACHINE_MEMORY";

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,12})(b|k|kb|m|mb|g|gb|t|tb)?", Pattern.CASE_INSENSITIVE);
  private static final Pattern TOTAL = Pattern.compile("(?m)^MemTotal:\\s+(\\d{1,15}) kB$");
  private static final int KIBI = 1024;
  private static final long SYSTEM_MB = 1024;
  private static final long SYSTEM_SHARE = 10;

  private MachineMemory() {}

  /** Of this machine. */
  static Amount usable() {
    return usable(Path.of("/"), System.getenv());
  }

  /**
   * As the other.
   *
   * @param root where {@code proc} and {@code sys} lie
   */
  static Amount usable(Path root, Map<String, String> environment) {
    long machine;
    String given = environment.get(VARIABLE);
    if (given != null && !given.isBlank()) {
      machine = mebibytes(given, VARIABLE);
    } else {
      Optional<Long> total = text(root.resolve("proc/meminfo")).flatMap(MachineMemory::total);
      if (total.isEmpty()) {
        return Amount.unknown("this system does not say; " + VARIABLE + " would");
      }
      machine = total.get();
      for (String file :
          new String[] {"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        Optional<String> limit =
            text(root.resolve(file)).map(String::strip).filter(t -> t.matches("\\d{1,18}"));
        if (limit.isPresent()) {
          machine = Math.min(machine, Long.parseLong(limit.get()) / KIBI / KIBI);
        }
      }
    }
    long usable = Math.max(0, machine - Math.max(SYSTEM_MB, machine / SYSTEM_SHARE));
    return new Amount(
        usable, "the machine or container has " + machine + ", the rest is the system's");
  }

  /**
   * A size as Spark writes it, in MiB: {@code 512m}, {@code 4g}; a bare number is MiB.
   *
   * <p>Errors: {@link ConfigurationException} that names where it stands.
   */
  static long mebibytes(String size, String where) {
    Matcher parts = SIZE.matcher(size.strip());
    if (!parts.matches()) {
      throw new ConfigurationException(
          "Cannot read the memory size '"
              + size
              + "' of "
              + where
              + ": expected a whole number with unit k, m, g or t, for example 4g.");
    }
    long number = Long.parseLong(parts.group(1));
    String unit = parts.group(2) == null ? "m" : parts.group(2).toLowerCase(Locale.ROOT);
    return switch (unit.charAt(0)) {
      case 'b' -> number / KIBI / KIBI;
      case 'k' -> number / KIBI;
      case 'm' -> number;
      case 'g' -> number * KIBI;
      default -> number * KIBI * KIBI;
    };
  }

  private static Optional<Long> total(String meminfo) {
    Matcher total = TOTAL.matcher(meminfo);
    return total.find() ? Optional.of(Long.parseLong(total.group(1)) / KIBI) : Optional.empty();
  }

  private static Optional<String> text(Path file) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      // Files of the kernel may refuse to be read although they look readable.
      return Optional.empty();
    }
  }
}
