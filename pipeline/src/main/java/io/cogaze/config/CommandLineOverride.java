package io.cogaze.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One {@code --set a.b=c}. The value is HOCON when it looks like it (a number, true, false, null,
 * or it starts with a bracket, a brace, a quote or a substitution), else plain text, so that {@code
 * hdfs://host/path} needs no quotes. A path may go through a list by index or by the {@code name}
 * of the element: {@code recipe.stages.contrast.epochs=3}.
 */
record CommandLineOverride(List<String> path, ConfigValue value) {

  static Optional<CommandLineOverride> parse(String argument, List<Problem> problems) {
    int equals = argument.indexOf('=');
    if (equals <= 0) {
      String what = "expected KEY=VALUE, for instance --set train.seed=5";
      problems.add(new Problem(Origins.OVERRIDE + argument, what));
      return Optional.empty();
    }
    String key = argument.substring(0, equals).strip();
    String text = argument.substring(equals + 1).strip();
    String origin = Origins.OVERRIDE + key + "=" + text;
    try {
      List<String> given = ConfigUtil.splitPath(key);
      String last = given.get(given.size() - 1);
      origin = Origins.OVERRIDE + key + "=" + Secrets.show(last, text);
      List<String> path = new ArrayList<>();
      path.add(CogazeConfig.ROOT);
      path.addAll(given.get(0).equals(CogazeConfig.ROOT) ? given.subList(1, given.size()) : given);
      if (path.size() == 1) {
        problems.add(new Problem(origin, "the whole configuration cannot be set at once"));
        return Optional.empty();
      }
      return Optional.of(new CommandLineOverride(List.copyOf(path), value(text, origin)));
    } catch (ConfigException e) {
      problems.add(new Problem(origin, ConfigSource.syntax(e).what()));
      return Optional.empty();
    }
  }

  private static ConfigValue value(String text, String origin) {
    boolean hocon =
        text.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false|null")
            || text.matches("(?s)(\\[|\\{|\"|\\$\\{).*");
    if (!hocon) {
      return ConfigValueFactory.fromAnyRef(text).withOrigin(ConfigOriginFactory.newSimple(origin));
    }
    ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(origin);
    return ConfigFactory.parseString("value = " + text, options).root().get("value");
  }

  /** Whether the path leads into a list of this (resolved) tree. */
  boolean entersList(ConfigObject root) {
    ConfigValue node = root;
    for (String name : path) {
      if (node instanceof ConfigList) {
        return true;
      }
      node = node instanceof ConfigObject object ? object.get(name) : null;
    }
    return false;
  }

  /** As a tree of its own, to be laid over others. */
  Config overlay() {
    // atPath would say of the objects on the way that they come from nowhere.
    ConfigValue tree = value;
    for (int depth = path.size() - 1; depth >= 0; depth--) {
      tree =
          ConfigFactory.empty().root().withValue(path.get(depth), tree).withOrigin(value.origin());
    }
    return ((ConfigObject) tree).toConfig();
  }

  /** The tree with the value put in, through lists. */
  ConfigObject putInto(ConfigObject root, List<Problem> problems) {
    return (ConfigObject) put(root, 0, problems);
  }

  private ConfigValue put(ConfigValue node, int depth, List<Problem> problems) {
    if (depth == path.size()) {
      return value;
    }
    String name = path.get(depth);
    if (node instanceof ConfigList list) {
      int index = index(list, name);
      if (index < 0) {
        String known = names(list).isEmpty() ? "" : " (" + String.join(", ", names(list)) + ")";
        String what =
            ConfigUtil.joinPath(path.subList(0, depth))
                + " has no element '"
                + name
                + "': expected a position from 0 to "
                + (list.size() - 1)
                + " or the name of an element"
                + known;
        problems.add(new Problem(Origins.describe(value.origin()), what));
        return node;
      }
      List<Object> elements = new ArrayList<>(list);
      elements.set(index, put(list.get(index), depth + 1, problems));
      return ConfigValueFactory.fromIterable(elements).withOrigin(list.origin());
    }
    ConfigObject object =
        node instanceof ConfigObject o
            ? o
            : ConfigFactory.empty().root().withOrigin(value.origin());
    return object.withValue(name, put(object.get(name), depth + 1, problems));
  }

  private static int index(ConfigList list, String name) {
    if (name.matches("[0-9]{1,6}") && Integer.parseInt(name) < list.size()) {
      return Integer.parseInt(name);
    }
    return IntStream.range(0, list.size())
        .filter(i -> nameOf(list.get(i)).equals(name))
        .findFirst()
        .orElse(-1);
  }

  private static List<String> names(ConfigList list) {
    return list.stream().map(CommandLineOverride::nameOf).filter(name -> !name.isEmpty()).toList();
  }

  private static String nameOf(ConfigValue element) {
    boolean named = element instanceof ConfigObject object && object.get("name") != null;
    return named ? String.valueOf(((ConfigObject) element).get("name").unwrapped()) : "";
  }
}
