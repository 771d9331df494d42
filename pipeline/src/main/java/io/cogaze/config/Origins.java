package io.cogaze.config;

import com.typesafe.config.ConfigOrigin;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words where a configuration value stands, as users look for it: file:line, or the override. */
final class Origins {
  static final String OVERRIDE = "--set ";

  private static final Pattern RESOURCE = Pattern.compile("^(\\S+) @ \\S+?(:? ?\\d+(-\\d+)?)?$");
  private static final Pattern LINE = Pattern.compile("^(.*): (\\d+)(?:-\\d+)?$");

  private Origins() {}

  /** Never null; empty when nothing is known. */
  static String describe(ConfigOrigin origin) {
    return origin == null ? "" : describe(origin.description());
  }

  static String describe(String description) {
    String text = description;
    if (text.startsWith("merge of ")) {
      // The first of a merge is the strongest source.
      text = text.substring("merge of ".length());
      int end = text.indexOf(',');
      text = end < 0 ? text : text.substring(0, end);
    }
    if (text.startsWith(OVERRIDE)) {
      return text.replaceFirst(": \\d+$", "");
    }
    Matcher resource = RESOURCE.matcher(text);
    if (resource.matches()) {
      String line = resource.group(2) == null ? "" : resource.group(2);
      text = resource.group(1) + " (built in)" + line;
    }
    Matcher line = LINE.matcher(text);
    return line.matches() ? line.group(1) + ":" + line.group(2) : text;
  }
}
