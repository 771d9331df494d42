package io.cogaze.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds keys that one HOCON text sets twice: the second would silently win, which is a slip far
 * more often than it is meant. Allowed are blocks given in several places (they merge), {@code +=},
 * and a second value by substitution ({@code seed = ${?SEED}}), the usual way to let the
 * environment override. Works on text that Typesafe Config has accepted.
 */
final class DuplicateKeys {
  private final String source;
  private final String text;
  private final List<Problem> problems = new ArrayList<>();
  private int at;
  private int line = 1;

  private DuplicateKeys(String source, String text) {
    this.source = source;
    this.text = text;
  }

  static List<Problem> find(String source, String text) {
    DuplicateKeys scan = new DuplicateKeys(source, text);
    scan.skipBlank();
    if (scan.peek() == '{') {
      scan.next();
    }
    scan.fields(List.of(), new HashMap<>());
    return scan.problems;
  }

  /** Reads fields up to the closing brace or the end. */
  private void fields(List<String> block, Map<List<String>, Integer> seen) {
    while (true) {
      skipBlank();
      if (at >= text.length()) {
        return;
      }
      if (peek() == '}') {
        next();
        return;
      }
      field(block, seen);
    }
  }

  private void field(List<String> block, Map<List<String>, Integer> seen) {
    int keyLine = line;
    int start = at;
    while (at < text.length() && ":={+\n".indexOf(peek()) < 0) {
      if (peek() == '"') {
        quoted();
      } else {
        next();
      }
    }
    String key = text.substring(start, at).strip();
    if (key.startsWith("include") || key.isEmpty()) {
      skipLine();
      return;
    }
    List<String> path = new ArrayList<>(block);
    try {
      path.addAll(ConfigUtil.splitPath(key));
    } catch (ConfigException e) {
      throw new IllegalStateException("Cannot read the key at " + source + ":" + keyLine, e);
    }
    boolean append = peek() == '+';
    while (at < text.length() && "+=:".indexOf(peek()) >= 0) {
      next();
    }
    skipBlank();
    boolean merges = value(path, seen) || append;
    Integer first = seen.putIfAbsent(path, keyLine);
    if (merges) {
      seen.remove(path, keyLine);
    } else if (first != null) {
      String name = ConfigUtil.joinPath(path);
      problems.add(
          new Problem(
              source + ":" + keyLine,
              name + " is set twice, first on line " + first + "; remove one of them"));
    }
  }

  /** Reads a value; true if it is a block or has a substitution in it. */
  private boolean value(List<String> path, Map<List<String>, Integer> seen) {
    boolean merges = false;
    while (at < text.length() && "\n,}]#".indexOf(peek()) < 0 && !text.startsWith("//", at)) {
      if (peek() == '{') {
        next();
        fields(path, seen);
        merges = true;
      } else if (peek() == '[') {
        next();
        elements();
      } else if (peek() == '"') {
        quoted();
      } else if (text.startsWith("${", at)) {
        skipTo("}");
        merges = true;
      } else {
        next();
      }
    }
    return merges;
  }

  /** Reads the elements of a list; each has a scope of its own. */
  private void elements() {
    while (true) {
      skipBlank();
      if (at >= text.length()) {
        return;
      }
      if (peek() == ']') {
        next();
        return;
      }
      value(List.of(), new HashMap<>());
    }
  }

  private void quoted() {
    if (text.startsWith("\"\"\"", at)) {
      at += 3;
      skipTo("\"\"\"");
      while (at < text.length() && peek() == '"') {
        next();
      }
      return;
    }
    next();
    while (at < text.length() && peek() != '"') {
      if (peek() == '\\') {
        next();
      }
      next();
    }
    next();
  }

  private void skipTo(String end) {
    while (at < text.length() && !text.startsWith(end, at)) {
      next();
    }
    at = Math.min(text.length(), at + end.length());
  }

  private void skipBlank() {
    while (at < text.length()) {
      if (peek() == '#' || text.startsWith("//", at)) {
        skipLine();
      } else if (Character.isWhitespace(peek()) || peek() == ',' || peek() == '\uFEFF') {
        next();
      } else {
        return;
      }
    }
  }

  private void skipLine() {
    while (at < text.length() && peek() != '\n') {
      next();
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void next() {
    if (peek() == '\n') {
      line++;
    }
    at = Math.min(text.length(), at + 1);
  }
}
