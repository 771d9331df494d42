package io.cogaze.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Writes HTML and inline SVG. All text and every attribute value pass through one escape, so
 * nothing that comes from data can become markup.
 */
final class Markup {
  private static final Set<String> INLINE =
      Set.of("strong", "span", "text", "td", "th", "dt", "dd");
  private static final Set<String> LEAVES = Set.of("img", "meta", "path", "line", "circle", "rect");

  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Opens an element; attributes come as name, value pairs. */
  Markup open(String tag, String... attributes) {
    start(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Closes the innermost open element, which must be this one. */
  Markup close(String tag) {
    String innermost = open.pop();
    if (!innermost.equals(tag)) {
      throw new IllegalStateException("Closing <" + tag + "> inside <" + innermost + ">");
    }
    out.append("</").append(tag).append('>');
    if (!INLINE.contains(tag)) {
      out.append('\n');
    }
    return this;
  }

  /** An element that holds text only. */
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /**
   * An element without content: img, meta, or an SVG shape.
   *
   * @throws IllegalArgumentException for another one, which HTML would leave open
   */
  Markup leaf(String tag, String... attributes) {
    if (!LEAVES.contains(tag)) {
      throw new IllegalArgumentException("<" + tag + "/> does not close itself in HTML");
    }
    start(tag, attributes);
    out.append("/>\n");
    return this;
  }

  Markup text(String text) {
    out.append(escape(text));
    return this;
  }

  /** Adds the style sheet, the one piece of markup that is a constant of ours. */
  Markup style(String css) {
    out.append("<style>\n").append(css).append("</style>\n");
    return this;
  }

  /** The document so far. Errors: {@link IllegalStateException} if an element is still open. */
  String finish() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("Still open: " + open);
    }
    return out.toString();
  }

  private void start(String tag, String... attributes) {
    if (attributes.length % 2 != 0) {
      throw new IllegalArgumentException(
          "Attribute " + attributes[attributes.length - 1] + " lacks a value");
    }
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ')
          .append(attributes[i])
          .append("=\"")
          .append(escape(attributes[i + 1]))
          .append('"');
    }
  }

  static String escape(String text) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> {
                  boolean control = c < 0x20 && c != '\n' && c != '\t';
                  safe.appendCodePoint(control || c == 0x7F ? 0xFFFD : c);
                }
              }
            });
    return safe.toString();
  }
}
