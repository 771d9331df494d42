package io.cogaze.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Turns configuration values into records and adds to the problems what does not fit. */
final class RecordBinder {
  static final String KIND = "kind";

  private final List<Problem> problems;
  private final Function<String, Optional<ConfigValue>> defaults;

  RecordBinder(List<Problem> problems) {
    this(problems, path -> Optional.empty());
  }

  /**
   * @param defaults values of {@code reference.conf} by path, which stand in for values that do not
   *     fit while the others are checked
   */
  RecordBinder(List<Problem> problems, Function<String, Optional<ConfigValue>> defaults) {
    this.problems = problems;
    this.defaults = defaults;
  }

  /** The key that a component reads. */
  static String key(String component) {
    return component
        .replaceAll("([a-z0-9])([A-Z])", "$1-$2")
        .replaceAll("([A-Z])([A-Z][a-z])", "$1-$2")
        .toLowerCase(Locale.ROOT);
  }

  /** The constant's name in configuration. */
  static String key(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Empty if there was a problem. */
  Optional<Object> bind(Class<?> type, ConfigValue value, String path) {
    return convert(type, value, path, null);
  }

  private Optional<Object> convert(
      Type type, ConfigValue value, String path, RecordComponent limits) {
    if (type instanceof ParameterizedType generic) {
      return convertGeneric(generic, value, path, limits);
    }
    Class<?> target = (Class<?>) type;
    if (value.valueType() == ConfigValueType.NULL) {
      return problem(value, path + " is null, expected " + describe(target));
    }
    if (target.isRecord()) {
      return record(target, value, path, List.of());
    }
    if (target.isSealed() && target.isInterface()) {
      return alternative(target, value, path);
    }
    return scalar(target, value, path, limits);
  }

  private Optional<Object> convertGeneric(
      ParameterizedType type, ConfigValue value, String path, RecordComponent limits) {
    Class<?> raw = (Class<?>) type.getRawType();
    Type element = type.getActualTypeArguments()[type.getActualTypeArguments().length - 1];
    if (raw == Optional.class) {
      return value.valueType() == ConfigValueType.NULL
          ? Optional.of(Optional.empty())
          : convert(element, value, path, limits).map(Optional::of);
    }
    if (raw == List.class && value instanceof ConfigList list) {
      List<Object> elements = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        convert(element, list.get(i), path + "[" + i + "]", limits).ifPresent(elements::add);
      }
      return elements.size() == list.size()
          ? Optional.of(Collections.unmodifiableList(elements))
          : Optional.empty();
    }
    if (raw == Map.class && value instanceof ConfigObject object) {
      Map<String, Object> entries = new LinkedHashMap<>();
      for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
        String below = path + "." + ConfigUtil.joinPath(entry.getKey());
        convert(element, entry.getValue(), below, limits)
            .ifPresent(bound -> entries.put(entry.getKey(), bound));
      }
      return entries.size() == object.size()
          ? Optional.of(Collections.unmodifiableMap(entries))
          : Optional.empty();
    }
    return problem(value, path + " = " + show(path, value) + ", expected " + describe(raw));
  }

  private Optional<Object> alternative(Class<?> type, ConfigValue value, String path) {
    Map<String, Class<?>> kinds = kinds(type);
    String expected = String.join(", ", kinds.keySet());
    if (!(value instanceof ConfigObject object)) {
      return problem(
          value,
          path + " = " + show(path, value) + ", expected a block with kind = one of " + expected);
    }
    ConfigValue kind = object.get(KIND);
    if (kind == null) {
      return problem(value, path + "." + KIND + " is missing, expected one of " + expected);
    }
    Class<?> chosen = kinds.get(String.valueOf(kind.unwrapped()));
    if (chosen == null) {
      return choice(kind, path + "." + KIND, kinds.keySet());
    }
    return record(chosen, value, path, List.of(KIND));
  }

  /** The records of a sealed interface by their name in configuration. */
  static Map<String, Class<?>> kinds(Class<?> type) {
    Map<String, Class<?>> kinds = new LinkedHashMap<>();
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      String name = permitted.getSimpleName();
      String suffix = type.getSimpleName();
      boolean repeats = name.endsWith(suffix) && name.length() > suffix.length();
      String kind = repeats ? name.substring(0, name.length() - suffix.length()) : name;
      kinds.put(key(kind.substring(0, 1).toLowerCase(Locale.ROOT) + kind.substring(1)), permitted);
    }
    return kinds;
  }

  private Optional<Object> record(
      Class<?> type, ConfigValue value, String path, List<String> alsoKnown) {
    if (!(value instanceof ConfigObject object)) {
      return problem(value, path + " = " + show(path, value) + ", expected a block { }");
    }
    RecordComponent[] components = type.getRecordComponents();
    List<String> known = new ArrayList<>(alsoKnown);
    Object[] arguments = new Object[components.length];
    boolean whole = true;
    for (int i = 0; i < components.length; i++) {
      String key = key(components[i].getName());
      known.add(key);
      Optional<Object> argument = component(components[i], object, path + "." + key, key);
      whole &= argument.isPresent();
      arguments[i] = argument.orElse(null);
    }
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
      if (!known.contains(entry.getKey())) {
        problems.add(unknownKey(path + ".", entry, known));
      }
    }
    Optional<Object> made = construct(type, components, arguments, object, path);
    return whole ? made : Optional.empty();
  }

  private Optional<Object> component(
      RecordComponent component, ConfigObject block, String path, String key) {
    ConfigValue value = block.get(key);
    if (value != null) {
      return convert(component.getGenericType(), value, path, component);
    }
    Default fallback = component.getAnnotation(Default.class);
    if (fallback != null) {
      String origin = "default of " + path;
      ConfigValue literal = CogazeConfig.literal(fallback.value(), origin);
      return convert(component.getGenericType(), literal, path, component);
    }
    if (component.getType() == Optional.class) {
      return Optional.of(Optional.empty());
    }
    if (component.getType().isRecord()) {
      // Names each key that is missing inside.
      ConfigValue empty = ConfigFactory.empty().root().withOrigin(block.origin());
      return convert(component.getGenericType(), empty, path, component);
    }
    String what = path + " is missing, expected " + describe(component.getType());
    return problem(block, what + limits(component));
  }

  /**
   * Calls the constructor. It throws at the first value that breaks a rule: that one is replaced by
   * its default and the constructor called again, until every value was looked at. So it is done
   * with values that could not be converted, which were reported before. Empty if there was a
   * problem.
   */
  private Optional<Object> construct(
      Class<?> type,
      RecordComponent[] components,
      Object[] arguments,
      ConfigObject block,
      String path) {
    Set<String> replaced = new TreeSet<>();
    for (int i = 0; i < components.length; i++) {
      if (arguments[i] == null && !replace(components, arguments, i, path, replaced)) {
        return Optional.empty();
      }
    }
    boolean broken = false;
    while (true) {
      String message;
      try {
        Object made = newInstance(type, components, arguments);
        return broken ? Optional.empty() : Optional.of(made);
      } catch (IllegalArgumentException e) {
        message = String.valueOf(e.getMessage());
      }
      if (replaced.stream().anyMatch(key -> names(message, key))) {
        // Of a value and the default that stands in for another one.
        return Optional.empty();
      }
      broken = true;
      int culprit = culprit(components, block, message);
      if (culprit < 0) {
        return problem(block, path + ": " + message);
      }
      problem(block.get(key(components[culprit].getName())), path + ": " + message);
      if (!replace(components, arguments, culprit, path, replaced)) {
        return Optional.empty();
      }
    }
  }

  /** Whether there is a default to put in. */
  private boolean replace(
      RecordComponent[] components,
      Object[] arguments,
      int position,
      String path,
      Set<String> replaced) {
    RecordComponent component = components[position];
    String key = key(component.getName());
    String at = path + "." + key;
    Optional<Object> standIn =
        defaults
            .apply(at)
            .flatMap(
                value ->
                    new RecordBinder(new ArrayList<>())
                        .convert(component.getGenericType(), value, at, component));
    standIn.ifPresent(value -> arguments[position] = value);
    return replaced.add(key) && standIn.isPresent();
  }

  private static Object newInstance(
      Class<?> type, RecordComponent[] components, Object[] arguments) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException("The constructor of " + type.getName() + " failed", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot construct " + type.getName(), e);
    }
  }

  private static boolean names(String message, String word) {
    return Pattern.compile("(?<![A-Za-z0-9-])" + Pattern.quote(word) + "(?![A-Za-z0-9-])")
        .matcher(message)
        .find();
  }

  /** The position of the value that a constructor's message speaks of; -1 if that is the block. */
  private static int culprit(RecordComponent[] components, ConfigObject block, String message) {
    for (int i = 0; i < components.length; i++) {
      String name = components[i].getName();
      boolean meant = names(message, key(name)) || names(message, name);
      if (block.get(key(name)) != null && meant) {
        return i;
      }
    }
    return -1;
  }

  private Optional<Object> scalar(
      Class<?> type, ConfigValue value, String path, RecordComponent limits) {
    Object plain = value.unwrapped();
    boolean nested = value instanceof ConfigObject || value instanceof ConfigList;
    if (type == String.class && !nested) {
      String text = plain instanceof Number ? value.render() : plain.toString();
      OneOf oneOf = limits == null ? null : limits.getAnnotation(OneOf.class);
      boolean allowed = oneOf == null || List.of(oneOf.value()).contains(text);
      return allowed ? Optional.of(text) : choice(value, path, List.of(oneOf.value()));
    }
    if (type == URI.class && plain instanceof String text) {
      try {
        return Optional.of(URI.create(text));
      } catch (IllegalArgumentException e) {
        return problem(value, path + " = " + show(path, value) + " is no URI: " + e.getMessage());
      }
    }
    if (type.isEnum() && !nested) {
      Map<String, Object> constants = new LinkedHashMap<>();
      for (Object constant : type.getEnumConstants()) {
        constants.put(key((Enum<?>) constant), constant);
      }
      Object constant = constants.get(plain.toString());
      return constant == null ? choice(value, path, constants.keySet()) : Optional.of(constant);
    }
    Optional<Object> result = nested ? Optional.empty() : number(type, plain.toString());
    if (result.isEmpty()) {
      String what = path + " = " + show(path, value) + ", expected " + describe(type);
      return problem(value, what + (outside(type, plain) ? span(type) : limits(limits)));
    }
    if (result.get() instanceof Number number && !within(number.doubleValue(), limits)) {
      String what = path + " = " + show(path, value) + ", expected " + describe(type);
      return problem(value, what + limits(limits));
    }
    return result;
  }

  /** Numbers and booleans; empty where the text is none of the type or out of its range. */
  private static Optional<Object> number(Class<?> type, String text) {
    try {
      if (type == int.class || type == Integer.class) {
        return Optional.of(new BigDecimal(text).intValueExact());
      }
      if (type == long.class || type == Long.class) {
        return Optional.of(new BigDecimal(text).longValueExact());
      }
      if (type == double.class || type == Double.class) {
        double number = Double.parseDouble(text);
        return Double.isFinite(number) ? Optional.of(number) : Optional.empty();
      }
      if (type == float.class || type == Float.class) {
        float number = Float.parseFloat(text);
        return Float.isFinite(number) ? Optional.of(number) : Optional.empty();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      return Optional.empty();
    }
    if (type == boolean.class || type == Boolean.class) {
      boolean valid = text.equals("true") || text.equals("false");
      return valid ? Optional.of(text.equals("true")) : Optional.empty();
    }
    throw new IllegalArgumentException("Cannot bind the type " + type.getName());
  }

  /** Whether the value is a whole number, but larger or smaller than the type holds. */
  private static boolean outside(Class<?> type, Object plain) {
    if (span(type).isEmpty()) {
      return false;
    }
    try {
      BigDecimal number = new BigDecimal(plain.toString());
      // Written out, 1e999999999 would fill the memory.
      return number.signum() != 0
          && (number.scale() <= 0 || number.stripTrailingZeros().scale() <= 0);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static String span(Class<?> type) {
    if (type == int.class || type == Integer.class) {
      return " from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE;
    }
    return type == long.class || type == Long.class
        ? " from " + Long.MIN_VALUE + " to " + Long.MAX_VALUE
        : "";
  }

  private static boolean within(double number, RecordComponent limits) {
    if (limits == null) {
      return true;
    }
    Range range = limits.getAnnotation(Range.class);
    boolean inRange = range == null || (number >= range.min() && number <= range.max());
    return inRange && (number > 0 || limits.getAnnotation(Positive.class) == null);
  }

  private static String limits(RecordComponent limits) {
    if (limits == null) {
      return "";
    }
    Range range = limits.getAnnotation(Range.class);
    OneOf oneOf = limits.getAnnotation(OneOf.class);
    StringBuilder text = new StringBuilder();
    if (range != null && range.max() == Double.POSITIVE_INFINITY) {
      text.append(" of at least ").append(number(range.min()));
    } else if (range != null && range.min() == Double.NEGATIVE_INFINITY) {
      text.append(" of at most ").append(number(range.max()));
    } else if (range != null) {
      text.append(" from ").append(number(range.min())).append(" to ").append(number(range.max()));
    }
    if (limits.getAnnotation(Positive.class) != null) {
      text.append(" above 0");
    }
    if (oneOf != null) {
      text.append(", one of ").append(String.join(", ", oneOf.value()));
    }
    return text.toString();
  }

  private static String number(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? Long.toString((long) value) : Double.toString(value);
  }

  private Optional<Object> choice(ConfigValue value, String path, Collection<String> allowed) {
    String hint =
        NearestName.of(String.valueOf(value.unwrapped()), allowed)
            .map(name -> "; did you mean " + name + "?")
            .orElse("");
    String expected = String.join(", ", allowed);
    return problem(
        value, path + " = " + show(path, value) + ", expected one of " + expected + hint);
  }

  /** The problem of a key that nothing reads. */
  static Problem unknownKey(
      String prefix, Map.Entry<String, ConfigValue> entry, Collection<String> known) {
    String hint =
        NearestName.of(entry.getKey(), known)
            .map(name -> "did you mean " + prefix + name + "?")
            .orElse(
                known.isEmpty() ? "no key is known here" : "known: " + String.join(", ", known));
    return new Problem(
        Origins.describe(entry.getValue().origin()),
        "unknown key " + prefix + ConfigUtil.joinPath(entry.getKey()) + ", " + hint);
  }

  private Optional<Object> problem(ConfigValue value, String what) {
    problems.add(new Problem(Origins.describe(value.origin()), what));
    return Optional.empty();
  }

  private static String show(String path, ConfigValue value) {
    if (value instanceof ConfigObject) {
      return "{ }";
    }
    String key = path.substring(path.lastIndexOf('.') + 1);
    if (Secrets.isSecret(key)) {
      return Secrets.HIDDEN;
    }
    return value instanceof ConfigList
        ? Canonical.scalar(value)
        : value.unwrapped() instanceof String text ? "\"" + text + "\"" : value.render();
  }

  private static String describe(Class<?> type) {
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == double.class
        || type == Double.class
        || type == float.class
        || type == Float.class) {
      return "a number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == String.class) {
      return "text";
    }
    if (type == URI.class) {
      return "a URI";
    }
    if (type == List.class) {
      return "a list [ ]";
    }
    if (type.isEnum()) {
      List<String> names =
          Arrays.stream(type.getEnumConstants()).map(constant -> key((Enum<?>) constant)).toList();
      return "one of " + String.join(", ", names);
    }
    return "a block { }";
  }
}
