package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The example that each command's help shows. */
final class Examples {
  private static final Map<String, Completed> HELP = new ConcurrentHashMap<>();

  private Examples() {}

  /** What {@code cogaze COMMAND --help} prints. */
  static Completed help(String command) {
    return HELP.computeIfAbsent(command, name -> new Cogaze().run(name, "--help").expect(0));
  }

  /** The words of the example behind the program's name. */
  static List<String> words(String command) {
    List<String> lines = help(command).out().lines().map(String::strip).toList();
    int heading = lines.indexOf("Example:");
    assertThat(heading).as("an example in the help of " + command).isNotNegative();
    int last = heading + 1;
    StringBuilder line = new StringBuilder(lines.get(last));
    while (line.charAt(line.length() - 1) == '\\') {
      last++;
      line.deleteCharAt(line.length() - 1).append(' ').append(lines.get(last));
    }
    assertThat(lines.subList(last + 1, lines.size()))
        .as("what follows the example of " + command + ", which must not be wrapped")
        .allMatch(String::isEmpty);
    List<String> words = List.of(line.toString().split(" +"));
    assertThat(words).startsWith("cogaze", command);
    return words.subList(1, words.size());
  }
}
