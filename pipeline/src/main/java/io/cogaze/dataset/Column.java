package io.cogaze.dataset;

import java.util.List;
import java.util.Locale;

/**
 * A column of a CSV table: its name in our code and the headers it goes by. Headers are compared
 * without case and surrounding blanks.
 */
record Column(String name, List<String> headers) {
  /** A column that goes by its name and the given other headers. */
  static Column of(String name, String... otherHeaders) {
    List<String> headers = new java.util.ArrayList<>();
    headers.add(name);
    headers.addAll(List.of(otherHeaders));
    return new Column(name, List.copyOf(headers));
  }

  static String normalise(String header) {
    return header.strip().toLowerCase(Locale.ROOT);
  }
}
