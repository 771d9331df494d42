package io.cogaze.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares {@code reference.conf} with the records that read it, for tests: every key is read by a
 * record component and has a comment, and every component has a default or is named as required.
 */
public final class ConfigCoverage {
  private final ConfigSource reference;
  private final Map<String, Class<?>> blocks = new LinkedHashMap<>();
  private final Set<String> required = new TreeSet<>();

  private ConfigCoverage(ConfigSource reference) {
    this.reference = reference;
  }

  /** Of the built-in {@code reference.conf}. */
  public static ConfigCoverage ofReference() {
    return of(ConfigSource.resource("reference.conf"));
  }

  /** Of another reference. */
  public static ConfigCoverage of(ConfigSource reference) {
    return new ConfigCoverage(reference);
  }

  /** Says which record, or sealed interface of records, reads the block at the path. */
  public ConfigCoverage block(String path, Class<?> type) {
    blocks.put(path, type);
    return this;
  }

  /** Names a key that has no default on purpose. */
  public ConfigCoverage required(String path) {
    required.add(path);
    return this;
  }

  /** What does not match, one sentence each; empty when all is well. */
  public List<String> problems() {
    List<Problem> unreadable = new ArrayList<>();
    Config config = reference.parse(unreadable, unreadable);
    if (!unreadable.isEmpty()) {
      return unreadable.stream().map(Problem::toString).toList();
    }
    ConfigObject root =
        config.resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true)).root();
    List<String> problems = new ArrayList<>();
    if (root.get(CogazeConfig.ROOT) instanceof ConfigObject ours) {
      walk(ours, "", problems);
      blocks.forEach((path, type) -> defaults(ours, path, type, problems));
    } else {
      problems.add(reference.name() + " has no block " + CogazeConfig.ROOT);
    }
    return problems;
  }

  private void walk(ConfigObject block, String prefix, List<String> problems) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(block).entrySet()) {
      String path = prefix + ConfigUtil.joinPath(entry.getKey());
      ConfigValue value = entry.getValue();
      comment(value, path, problems);
      Class<?> type = blocks.get(path);
      boolean above = blocks.keySet().stream().anyMatch(bound -> bound.startsWith(path + "."));
      if (type != null) {
        read(value, type, path, problems);
      } else if (above && value instanceof ConfigObject object) {
        walk(object, path + ".", problems);
      } else {
        problems.add(path + " is read by no record");
        comments(value, path, problems);
      }
    }
  }

  private static void comments(ConfigValue value, String path, List<String> problems) {
    if (value instanceof ConfigObject object) {
      for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
        String below = path + "." + ConfigUtil.joinPath(entry.getKey());
        comment(entry.getValue(), below, problems);
        comments(entry.getValue(), below, problems);
      }
    }
  }

  private static void comment(ConfigValue value, String path, List<String> problems) {
    if (value.origin().comments().stream().allMatch(String::isBlank)) {
      problems.add(path + " has no comment");
    }
  }

  private void read(ConfigValue value, Class<?> type, String path, List<String> problems) {
    if (!(value instanceof ConfigObject object)) {
      problems.add(path + " is no block, but a record reads it");
      return;
    }
    Map<String, RecordComponent> components = components(type);
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
      String below = path + "." + ConfigUtil.joinPath(entry.getKey());
      RecordComponent component = components.get(entry.getKey());
      boolean kind = type.isInterface() && entry.getKey().equals(RecordBinder.KIND);
      if (component == null && !kind) {
        problems.add(below + " is read by no component of " + type.getSimpleName());
      }
      comment(entry.getValue(), below, problems);
      if (component != null && isBlock(component.getType())) {
        read(entry.getValue(), component.getType(), below, problems);
      }
    }
  }

  /** Each component has a default in the reference, unless it may be absent or is required. */
  private void defaults(ConfigObject root, String path, Class<?> type, List<String> problems) {
    if (type.isInterface()) {
      // Which of the records' keys there are depends on the kind that is chosen.
      return;
    }
    for (Map.Entry<String, RecordComponent> entry : components(type).entrySet()) {
      RecordComponent component = entry.getValue();
      String below = path + "." + entry.getKey();
      if (component.isAnnotationPresent(Default.class)) {
        problems.add(below + " has its default in an annotation, not in " + reference.name());
      } else if (component.getType().isRecord()) {
        defaults(root, below, component.getType(), problems);
      } else if (component.getType() != Optional.class
          && !required.contains(below)
          && !has(root, below)) {
        problems.add(below + " has no default in " + reference.name());
      }
    }
  }

  private static boolean has(ConfigObject root, String path) {
    ConfigValue node = root;
    for (String name : ConfigUtil.splitPath(path)) {
      node = node instanceof ConfigObject object ? object.get(name) : null;
    }
    return node != null;
  }

  private static boolean isBlock(Class<?> type) {
    return type.isRecord() || (type.isInterface() && type.isSealed());
  }

  private static Map<String, RecordComponent> components(Class<?> type) {
    Map<String, RecordComponent> components = new TreeMap<>();
    List<Class<?>> records =
        type.isRecord() ? List.of(type) : List.copyOf(RecordBinder.kinds(type).values());
    for (Class<?> member : records) {
      for (RecordComponent component : member.getRecordComponents()) {
        components.put(RecordBinder.key(component.getName()), component);
      }
    }
    return components;
  }
}
