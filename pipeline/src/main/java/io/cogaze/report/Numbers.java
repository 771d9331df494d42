package io.cogaze.report;

import java.util.Locale;
import java.util.OptionalDouble;

/** Numbers as the report prints them, whatever the locale. */
final class Numbers {
  private static final String UNDEFINED = "\u2013";

  private Numbers() {}

  static String fixed(double value, int digits) {
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    // A rounded negative zero reads as a mistake.
    return text.matches("-0(\\.0*)?") ? text.substring(1) : text.replace('-', '\u2212');
  }

  static String fixed(OptionalDouble value, int digits) {
    return value.isPresent() ? fixed(value.getAsDouble(), digits) : UNDEFINED;
  }

  static String interval(OptionalDouble low, OptionalDouble high, int digits) {
    return low.isPresent() && high.isPresent()
        ? fixed(low.getAsDouble(), digits) + " to " + fixed(high.getAsDouble(), digits)
        : UNDEFINED;
  }

  /** For SVG coordinates: two decimals. */
  static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
