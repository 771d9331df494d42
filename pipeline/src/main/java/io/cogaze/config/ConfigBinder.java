package io.cogaze.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Binds blocks of the configuration to records and collects every problem on the way.
 *
 * <pre>{@code
 * ConfigBinder binder = config.binder();
 * Supplier<PreprocessSettings> preprocess = binder.bind("preprocess", PreprocessSettings.class);
 * binder.check();
 * preprocess.get();
 * }</pre>
 *
 * <p>A component {@code fixationSigmaPx} reads the key {@code fixation-sigma-px}. Types: int, long,
 * float, double, boolean, String, URI, enums (constants in kebab-case), Optional, List, Map from
 * String, nested records, and sealed interfaces of records, where the key {@code kind} names the
 * record (kebab-case, without the interface's own name at the end). A missing key is a problem
 * unless the component is an Optional or has a {@link Default}. Limits: {@link Range}, {@link
 * Positive}, {@link OneOf}; and a message that the record's constructor throws in an
 * IllegalArgumentException.
 *
 * <p>Unknown keys are problems. Inside a bound block these are the keys that no component reads;
 * elsewhere, the keys that {@code reference.conf} does not have. A block that is empty there
 * ({@code recipe {}}) may hold anything while nobody binds it.
 */
public final class ConfigBinder {
  private final ConfigObject settings;
  private final ConfigObject reference;
  private final List<Problem> problems;
  private final Set<String> bound = new TreeSet<>();
  private boolean checked;

  ConfigBinder(ConfigObject settings, ConfigObject reference, List<Problem> problems) {
    this.settings = settings;
    this.reference = reference;
    this.problems = new ArrayList<>(problems);
  }

  /** Binds the block at the path, which must be there. The supplier works after {@link #check}. */
  public <T> Supplier<T> bind(String path, Class<T> type) {
    Optional<T> value = bindAt(path, type, find(path));
    return () -> checked(path, value).orElseThrow();
  }

  /** Binds the block at the path if there is one. The supplier works after {@link #check}. */
  public <T> Supplier<Optional<T>> bindIfPresent(String path, Class<T> type) {
    ConfigValue block = find(path);
    if (block == null || block.unwrapped() == null) {
      claim(path);
      return () -> checked(path, Optional.empty());
    }
    Optional<T> value = bindAt(path, type, block);
    return () -> checked(path, value);
  }

  /** Says that others read this path: nothing under it is reported as unknown. */
  public ConfigBinder leave(String path) {
    claim(path);
    return this;
  }

  /**
   * Errors: {@link ConfigurationException} listing every problem of every block bound, each with
   * file and line, and unknown keys with the name that was probably meant.
   */
  public void check() {
    List<Problem> all = new ArrayList<>(problems);
    unknown(settings, reference, "", all);
    redacted(settings, "", all);
    if (!all.isEmpty()) {
      throw Problem.exception(all);
    }
    checked = true;
  }

  private <T> Optional<T> checked(String path, Optional<T> value) {
    if (!checked) {
      throw new IllegalStateException(
          "Cannot read " + path + ": call check() first, and only go on if it passes");
    }
    return value;
  }

  private <T> Optional<T> bindAt(String path, Class<T> type, ConfigValue block) {
    claim(path);
    RecordBinder binder = new RecordBinder(problems, this::defaultAt);
    ConfigValue value = block == null ? ConfigFactory.empty().root() : block;
    return binder.bind(type, value, CogazeConfig.ROOT + "." + path).map(type::cast);
  }

  private void claim(String path) {
    String normal = ConfigUtil.joinPath(ConfigUtil.splitPath(path));
    for (String other : bound) {
      if (normal.equals(other)
          || normal.startsWith(other + ".")
          || other.startsWith(normal + ".")) {
        throw new IllegalArgumentException(
            "Cannot bind " + path + ": " + other + " is bound already");
      }
    }
    bound.add(normal);
  }

  /**
   * Of reference.conf, by a path from the root on; empty too where the path goes through a list.
   */
  private Optional<ConfigValue> defaultAt(String path) {
    String below = path.substring(CogazeConfig.ROOT.length() + 1);
    return below.contains("[") ? Optional.empty() : Optional.ofNullable(find(reference, below));
  }

  private ConfigValue find(String path) {
    return find(settings, path);
  }

  private static ConfigValue find(ConfigObject root, String path) {
    ConfigValue node = root;
    for (String name : ConfigUtil.splitPath(path)) {
      node = node instanceof ConfigObject object ? object.get(name) : null;
    }
    return node;
  }

  private void unknown(
      ConfigObject block, ConfigObject known, String prefix, List<Problem> problemsFound) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(block).entrySet()) {
      String path = prefix + ConfigUtil.joinPath(entry.getKey());
      ConfigValue value = entry.getValue();
      ConfigValue counterpart = known.get(entry.getKey());
      if (bound.contains(path)) {
        continue;
      }
      boolean above = bound.stream().anyMatch(other -> other.startsWith(path + "."));
      if (value instanceof ConfigObject object
          && (above || (counterpart instanceof ConfigObject open && !open.isEmpty()))) {
        ConfigObject below =
            counterpart instanceof ConfigObject o ? o : ConfigFactory.empty().root();
        unknown(object, below, path + ".", problemsFound);
      } else if (counterpart == null) {
        Set<String> siblings = new TreeSet<>(known.keySet());
        bound.stream()
            .filter(other -> other.startsWith(prefix))
            .forEach(
                other ->
                    siblings.add(ConfigUtil.splitPath(other.substring(prefix.length())).get(0)));
        problemsFound.add(
            RecordBinder.unknownKey(CogazeConfig.ROOT + "." + prefix, entry, siblings));
      }
    }
  }

  /** A configuration copied out of an output folder has lost its secrets: never run on it. */
  private static void redacted(ConfigObject block, String prefix, List<Problem> problems) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(block).entrySet()) {
      if (entry.getValue() instanceof ConfigObject object) {
        redacted(object, prefix + entry.getKey() + ".", problems);
      } else if (Secrets.isRedacted(entry.getKey(), entry.getValue())) {
        String path = CogazeConfig.ROOT + "." + prefix + entry.getKey();
        String what = path + " holds what is left of a redacted value; put in the real one";
        problems.add(new Problem(Origins.describe(entry.getValue().origin()), what));
      }
    }
  }
}
