package io.cogaze.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.cogaze.error.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The resolved configuration under the root key {@code cogaze}. Loaded once, on the driver; typed
 * records made of it by {@link #binder()} travel from there.
 *
 * <p>Paths given to the methods are relative to the root: {@code "preprocess"} means {@code
 * cogaze.preprocess}.
 */
public final class CogazeConfig {
  /** The key that everything lies under. */
  public static final String ROOT = "cogaze";

  private final ConfigObject settings;
  private final ConfigObject reference;
  private final List<Problem> problems;

  private CogazeConfig(ConfigObject settings, ConfigObject reference, List<Problem> problems) {
    this.settings = settings;
    this.reference = reference;
    this.problems = List.copyOf(problems);
  }

  /**
   * Reads, merges and resolves. Errors: {@link ConfigurationException} listing everything that
   * cannot be read or parsed, with file and line. What can be parsed but is wrong (unknown keys,
   * types, ranges) is found by {@link ConfigBinder#check()}.
   */
  public static CogazeConfig load(LoadRequest request) {
    List<Problem> unreadable = new ArrayList<>();
    List<Problem> wrong = new ArrayList<>();
    Config reference = request.reference().parse(unreadable, wrong);
    // Other libraries on the class path may have a reference.conf too: only our root counts.
    Config merged = reference.withOnlyPath(ROOT);
    for (ConfigSource source : request.sources()) {
      Config config = source.parse(unreadable, wrong);
      wrong.addAll(strays(config.root(), reference.root()));
      merged = config.withFallback(merged);
    }
    List<CommandLineOverride> overrides = new ArrayList<>();
    for (String argument : request.overrides()) {
      CommandLineOverride.parse(argument, unreadable).ifPresent(overrides::add);
    }
    fail(unreadable);

    ConfigObject lists = tolerant(merged).root();
    List<CommandLineOverride> later = new ArrayList<>();
    for (CommandLineOverride override : overrides) {
      if (override.entersList(lists)) {
        later.add(override);
      } else {
        merged = override.overlay().withFallback(merged);
      }
    }
    ConfigObject resolved;
    try {
      resolved = merged.resolve().root();
    } catch (ConfigException e) {
      unreadable.add(ConfigSource.syntax(e));
      throw Problem.exception(unreadable);
    }
    for (CommandLineOverride override : later) {
      resolved = override.putInto(resolved, unreadable);
    }
    fail(unreadable);
    return new CogazeConfig(
        child(resolved, unreadable), child(tolerant(reference).root(), unreadable), wrong);
  }

  private static Config tolerant(Config config) {
    return config.resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true));
  }

  private static void fail(List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw Problem.exception(problems);
    }
  }

  private static ConfigObject child(ConfigObject root, List<Problem> problems) {
    ConfigValue value = root.get(ROOT);
    if (value == null) {
      return ConfigFactory.empty().root();
    }
    if (value instanceof ConfigObject object) {
      return object;
    }
    problems.add(new Problem(Origins.describe(value.origin()), ROOT + " must be a block { }"));
    throw Problem.exception(problems);
  }

  /** Keys outside the root would have no effect. */
  private static List<Problem> strays(ConfigObject root, ConfigObject reference) {
    List<Problem> problems = new ArrayList<>();
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(root).entrySet()) {
      String key = entry.getKey();
      if (key.equals(ROOT)) {
        continue;
      }
      boolean known = reference.get(ROOT) instanceof ConfigObject ours && ours.containsKey(key);
      String hint =
          known
              ? ROOT + "." + key
              : NearestName.of(key, List.of(ROOT)).orElse(ROOT + " { " + key + " ... }");
      problems.add(
          new Problem(
              Origins.describe(entry.getValue().origin()),
              "unknown key "
                  + key
                  + ": all keys lie under "
                  + ROOT
                  + ", did you mean "
                  + hint
                  + "?"));
    }
    return problems;
  }

  /** A binder over this configuration; use one for all records of a command. */
  public ConfigBinder binder() {
    return new ConfigBinder(settings, reference, problems);
  }

  /** Whether something, not null, stands at the path. */
  public boolean has(String path) {
    ConfigValue value = at(path);
    return value != null && value.unwrapped() != null;
  }

  /**
   * The whole resolved configuration as HOCON, keys sorted, without comments, secrets redacted.
   * Loading it again gives the same configuration, but for the secrets.
   */
  public String render() {
    return render(Secrets.redact(settings), false);
  }

  /** As {@link #render()}, of some blocks only. */
  public String render(List<String> blocks) {
    ConfigObject kept = settings;
    for (String block : settings.keySet()) {
      if (!blocks.contains(block)) {
        kept = kept.withoutKey(block);
      }
    }
    return render(Secrets.redact(kept), false);
  }

  /** As {@link #render()}, with each key's comment and where its value comes from. */
  public String renderExplained() {
    return render(explain(Secrets.redact(settings), reference), true);
  }

  private static String render(ConfigValue value, boolean comments) {
    ConfigRenderOptions options =
        ConfigRenderOptions.defaults()
            .setJson(false)
            .setOriginComments(false)
            .setComments(comments);
    return value.atKey(ROOT).root().render(options);
  }

  /** Puts the reference's comment on each key, and on values where they come from. */
  private static ConfigValue explain(ConfigValue value, ConfigValue known) {
    ConfigOrigin described = known == null ? value.origin() : known.origin();
    List<String> comments = new ArrayList<>(described.comments());
    if (!(value instanceof ConfigObject object)) {
      comments.add(" from " + Origins.describe(value.origin()));
      return value.withOrigin(value.origin().withComments(comments));
    }
    ConfigObject result = object;
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
      ConfigValue below = known instanceof ConfigObject o ? o.get(entry.getKey()) : null;
      result = result.withValue(entry.getKey(), explain(entry.getValue(), below));
    }
    return result.withOrigin(object.origin().withComments(comments));
  }

  /**
   * The values under these paths, flattened: full path to value in a canonical spelling, sorted.
   * Depends on neither the order of keys and paths nor on files. Values of {@code -key} settings
   * are replaced by the start of their SHA-256; passwords, tokens, secrets and credentials are left
   * out. Lists of plain values are one entry, elements of other lists have {@code [i]} in the path.
   */
  public SortedMap<String, String> values(String... paths) {
    SortedMap<String, String> full = flatten(paths);
    SortedMap<String, String> shown = new TreeMap<>();
    for (Map.Entry<String, String> entry : full.entrySet()) {
      List<String> path = ConfigUtil.splitPath(entry.getKey().replaceAll("\\[\\d+]", ""));
      shown.put(entry.getKey(), Secrets.show(path.get(path.size() - 1), entry.getValue()));
    }
    return shown;
  }

  /**
   * SHA-256 in hex of the canonical rendering of these paths. Equal exactly when the values there
   * are equal, secrets for access aside. A path that is absent counts as absent.
   */
  public String hash(String... paths) {
    StringBuilder lines = new StringBuilder();
    for (Map.Entry<String, String> entry : flatten(paths).entrySet()) {
      lines.append(entry.getKey()).append(" = ").append(entry.getValue()).append('\n');
    }
    return Canonical.sha256(lines.toString());
  }

  private SortedMap<String, String> flatten(String... paths) {
    SortedMap<String, String> lines = new TreeMap<>();
    for (String path : paths) {
      ConfigValue value = at(path);
      if (value != null) {
        List<String> names = ConfigUtil.splitPath(path);
        String full = ConfigUtil.joinPath(names);
        Canonical.flatten(full, names.get(names.size() - 1), value, lines);
      }
    }
    return lines;
  }

  private ConfigValue at(String path) {
    ConfigValue node = settings;
    for (String name : ConfigUtil.splitPath(path)) {
      node = node instanceof ConfigObject object ? object.get(name) : null;
    }
    return node;
  }

  /** Parses the text of a {@link Default}. */
  static ConfigValue literal(String text, String origin) {
    ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(origin);
    return ConfigFactory.parseString("value = " + text, options).root().get("value");
  }
}
