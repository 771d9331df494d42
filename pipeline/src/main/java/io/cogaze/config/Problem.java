package io.cogaze.config;

import io.cogaze.error.ConfigurationException;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One thing wrong with a configuration.
 *
 * @param where file and line, or the override on the command line
 * @param what the key, its value and the rule it breaks
 */
record Problem(String where, String what) {
  private static final Pattern PLACE = Pattern.compile("(?s)(.+):(\\d{1,9})");

  @Override
  public String toString() {
    return where.isEmpty() ? what : where + ": " + what;
  }

  /** One exception that lists all of them, one a line. */
  static ConfigurationException exception(List<Problem> problems) {
    int count = inOrder(problems).size();
    String head =
        count == 1
            ? "The configuration has 1 error:"
            : "The configuration has " + count + " errors:";
    StringBuilder text = new StringBuilder(head);
    for (Problem problem : inOrder(problems)) {
      text.append("\n  ").append(problem);
    }
    return new ConfigurationException(text.toString());
  }

  /** Each once, by file and line; files as they come first. */
  private static List<Problem> inOrder(List<Problem> problems) {
    List<String> files = problems.stream().map(Problem::file).distinct().toList();
    return problems.stream()
        .distinct()
        .sorted(
            Comparator.comparingInt((Problem problem) -> files.indexOf(problem.file()))
                .thenComparingLong(Problem::line))
        .toList();
  }

  private String file() {
    Matcher place = PLACE.matcher(where);
    return place.matches() ? place.group(1) : where;
  }

  private long line() {
    Matcher place = PLACE.matcher(where);
    return place.matches() ? Long.parseLong(place.group(2)) : 0;
  }
}
