package io.cogaze.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.Map;

/** Prints a JSON object as indented lines for people. */
final class JsonOutline {
  private JsonOutline() {}

  static void print(PrintWriter out, JsonNode node) {
    print(out, node, "");
  }

  private static void print(PrintWriter out, JsonNode node, String indent) {
    for (Iterator<Map.Entry<String, JsonNode>> fields = node.fields(); fields.hasNext(); ) {
      Map.Entry<String, JsonNode> field = fields.next();
      JsonNode value = field.getValue();
      String name = indent + field.getKey().replace('_', ' ') + ":";
      if (value.isObject()) {
        out.println(name);
        print(out, value, indent + "  ");
      } else if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
        out.println(name);
        for (JsonNode element : value) {
          out.println(indent + "  -");
          print(out, element, indent + "    ");
        }
      } else if (value.isArray()) {
        StringBuilder line = new StringBuilder(name);
        String separator = " ";
        for (JsonNode element : value) {
          line.append(separator).append(element.isTextual() ? element.asText() : element);
          separator = ", ";
        }
        out.println(line);
      } else {
        out.println(name + " " + (value.isTextual() ? value.asText() : value.toString()));
      }
    }
  }
}
