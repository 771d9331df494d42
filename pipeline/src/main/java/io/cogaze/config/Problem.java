package io.cogaze.config;

import io.cogaze.error.ConfigurationException;
import java.util.List;

/**
 * One thing wrong with a configuration.
 *
 * @param where file and line, or the override on the command line
 * @param what the key, its value and the rule it breaks
 */
record Problem(String where, String what) {

  @Override
  public String toString() {
    return where.isEmpty() ? what : where + ": " + what;
  }

  /** One exception that lists all of them, one a line. */
  static ConfigurationException exception(List<Problem> problems) {
    String head =
        problems.size() == 1
            ? "The configuration has 1 error:"
            : "The configuration has " + problems.size() + " errors:";
    StringBuilder text = new StringBuilder(head);
    for (Problem problem : problems.stream().distinct().toList()) {
      text.append("\n  ").append(problem);
    }
    return new ConfigurationException(text.toString());
  }
}
