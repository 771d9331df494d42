package io.cogaze.train.plan;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Settings records as text: path to value, with the keys of the configuration files. Two settings
 * with the same text train alike; where they differ, the paths show it.
 */
public final class SettingsText {
  private SettingsText() {}

  /** Adds every value of a settings record, list or map under a path. */
  public static void put(SortedMap<String, String> text, String path, Object value) {
    if (value instanceof Record settings) {
      for (RecordComponent component : settings.getClass().getRecordComponents()) {
        put(text, path + "." + key(component.getName()), read(settings, component));
      }
    } else if (value instanceof Map<?, ?> map) {
      map.forEach((key, element) -> put(text, path + "." + key, element));
    } else if (value instanceof Optional<?> optional) {
      optional.ifPresentOrElse(element -> put(text, path, element), () -> text.put(path, "(none)"));
    } else if (value instanceof Collection<?> list
        && list.stream().anyMatch(Record.class::isInstance)) {
      int index = 0;
      for (Object element : list) {
        put(text, path + "." + index, element);
        index++;
      }
    } else if (value instanceof Enum<?> constant) {
      text.put(path, constant.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    } else {
      text.put(path, String.valueOf(value));
    }
  }

  /** The text of one settings record. */
  public static SortedMap<String, String> of(String path, Object value) {
    SortedMap<String, String> text = new TreeMap<>();
    put(text, path, value);
    return text;
  }

  private static String key(String component) {
    return component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static Object read(Record settings, RecordComponent component) {
    try {
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "Cannot read " + component.getName() + " of " + settings.getClass().getName(), e);
    }
  }
}
