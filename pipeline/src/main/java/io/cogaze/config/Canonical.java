package io.cogaze.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Flattens configuration to sorted lines {@code path -> value} that depend on the values alone: not
 * on the order of keys, the files they came from, or how a number is spelled.
 */
final class Canonical {
  private Canonical() {}

  /** Adds what lies under a value. Secrets for access are left out; other values are in full. */
  static void flatten(String path, String key, ConfigValue value, SortedMap<String, String> into) {
    if (Secrets.isAccess(key) && value.valueType() != ConfigValueType.OBJECT) {
      return;
    }
    if (value instanceof ConfigObject object && !object.isEmpty()) {
      for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
        String name = entry.getKey();
        flatten(path + "." + ConfigUtil.joinPath(name), name, entry.getValue(), into);
      }
    } else if (value instanceof ConfigList list && list.stream().anyMatch(Canonical::isNested)) {
      for (int i = 0; i < list.size(); i++) {
        flatten(path + "[" + i + "]", key, list.get(i), into);
      }
    } else {
      into.put(path, scalar(value));
    }
  }

  private static boolean isNested(ConfigValue value) {
    return value instanceof ConfigObject || value instanceof ConfigList;
  }

  /** A value without objects inside, on one line: strings quoted where they could be misread. */
  static String scalar(ConfigValue value) {
    if (value instanceof ConfigList list) {
      StringBuilder text = new StringBuilder("[");
      for (ConfigValue element : list) {
        text.append(text.length() == 1 ? "" : ", ").append(scalar(element));
      }
      return text.append(']').toString();
    }
    if (value instanceof ConfigObject) {
      return "{}";
    }
    if (value.unwrapped() instanceof Number number) {
      return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
    }
    if (value.unwrapped() instanceof String text) {
      boolean plain = text.matches("[A-Za-z_/][A-Za-z0-9_/.:@-]*") && !isKeyword(text);
      return plain ? text : ConfigValueFactory.fromAnyRef(text).render();
    }
    return String.valueOf(value.unwrapped());
  }

  private static boolean isKeyword(String text) {
    return text.equals("true") || text.equals("false") || text.equals("null");
  }

  static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
