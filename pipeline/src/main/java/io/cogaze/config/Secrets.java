package io.cogaze.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which keys hold secrets, and what is shown in their place. Passwords, tokens, secrets and
 * credentials never show and do not count in the configuration hash, for they do not change a
 * result. Keys of keyed hashes (names ending in {@code -key}) do change it: they count, and the
 * first characters of their SHA-256 show, so that two runs can be compared.
 */
final class Secrets {
  static final String HIDDEN = "(redacted)";
  static final String DIGEST = "sha256:";

  private static final List<String> WORDS = List.of("password", "token", "secret", "credential");

  private Secrets() {}

  /** A secret that access needs and results do not depend on. */
  static boolean isAccess(String key) {
    String name = key.toLowerCase(Locale.ROOT);
    return WORDS.stream().anyMatch(name::contains);
  }

  /** A key of a keyed hash. */
  static boolean isHashKey(String key) {
    return key.toLowerCase(Locale.ROOT).endsWith("-key");
  }

  static boolean isSecret(String key) {
    return isAccess(key) || isHashKey(key);
  }

  /** Whether the value is what {@link #redact} left, and no real value. */
  static boolean isRedacted(String key, ConfigValue value) {
    if (value.valueType() != ConfigValueType.STRING) {
      return false;
    }
    String text = (String) value.unwrapped();
    return (isSecret(key) && text.equals(HIDDEN)) || (isHashKey(key) && text.startsWith(DIGEST));
  }

  /** What to show of a value of this key. */
  static String show(String key, String text) {
    if (isAccess(key)) {
      return HIDDEN;
    }
    return isHashKey(key) ? DIGEST + Canonical.sha256(text).substring(0, 12) : text;
  }

  /** The same value without secrets. */
  static ConfigValue redact(ConfigValue value) {
    if (value instanceof ConfigObject object) {
      ConfigObject result = object;
      for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
        result = result.withValue(entry.getKey(), redact(entry.getKey(), entry.getValue()));
      }
      return result;
    }
    if (value instanceof ConfigList list) {
      List<Object> elements = new ArrayList<>();
      for (ConfigValue element : list) {
        elements.add(redact(element));
      }
      return ConfigValueFactory.fromIterable(elements).withOrigin(value.origin());
    }
    return value;
  }

  private static ConfigValue redact(String key, ConfigValue value) {
    boolean nothing =
        value.valueType() == ConfigValueType.NULL || value.valueType() == ConfigValueType.OBJECT;
    if (nothing || !isSecret(key)) {
      return redact(value);
    }
    String shown = show(key, Canonical.scalar(value));
    return ConfigValueFactory.fromAnyRef(shown).withOrigin(value.origin());
  }
}
