package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/**
 * A program that has ended.
 *
 * @param command the words that started it
 * @param exitCode its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 * @param seconds how long it ran
 */
record Completed(List<String> command, int exitCode, String out, String err, double seconds) {

  /** Both outputs, for messages and for searching. */
  String all() {
    return out + err;
  }

  /** Checks the exit code and shows everything when it is another one. */
  Completed expect(int expected) {
    assertThat(exitCode)
        .as("exit code of %s%n--- out%n%s%n--- err%n%s", String.join(" ", command), out, err)
        .isEqualTo(expected);
    return this;
  }
}
