package io.cogaze.jobs.doctor;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The generation of an NVIDIA graphics processor, for instance 9.0 for H100 and H200. */
public record ComputeCapability(int major, int minor) implements Comparable<ComputeCapability> {
  private static final Pattern TEXT = Pattern.compile("([1-9]\\d?)\\.(\\d)");
  private static final Comparator<ComputeCapability> ORDER =
      Comparator.comparingInt(ComputeCapability::major).thenComparingInt(ComputeCapability::minor);

  /** From text like {@code 8.6}. */
  public static Optional<ComputeCapability> parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    return matcher.matches()
        ? Optional.of(
            new ComputeCapability(
                Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
        : Optional.empty();
  }

  /** From the number that tools of CUDA use: 86 for 8.6, 120 for 12.0. */
  static ComputeCapability ofNumber(int number) {
    return new ComputeCapability(number / 10, number % 10);
  }

  @Override
  public int compareTo(ComputeCapability other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
