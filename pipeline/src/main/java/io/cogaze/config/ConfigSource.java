package io.cogaze.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigParseable;
import com.typesafe.config.ConfigSyntax;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * A place that HOCON text is read from. Includes are read relative to the place ({@code include
 * "other.conf"}); an included file that is missing is an error. Text from a stream has no place:
 * there, only {@code include file(...)} and {@code include classpath(...)} work.
 */
public final class ConfigSource {
  private interface Reader {
    String read() throws IOException;
  }

  private interface Parser {
    Config parse(ConfigParseOptions options);
  }

  private final String name;
  private final Reader reader;
  private final Parser parser;

  private ConfigSource(String name, Reader reader, Parser parser) {
    this.name = name;
    this.reader = reader;
    this.parser = parser;
  }

  /** A file of the local file system. */
  public static ConfigSource file(Path file) {
    return new ConfigSource(
        file.toString(),
        () -> Files.readString(file),
        options -> ConfigFactory.parseFile(file.toFile(), options));
  }

  /** A class path resource, for instance {@code recipes/cooperative.conf}. */
  public static ConfigSource resource(String resource) {
    ClassLoader loader = ConfigSource.class.getClassLoader();
    return new ConfigSource(
        resource + " (built in)",
        () -> readResource(loader, resource),
        options -> ConfigFactory.parseResources(loader, resource, options));
  }

  /** Text that is already in memory, under a name for messages. */
  public static ConfigSource text(String name, String hocon) {
    return new ConfigSource(
        name, () -> hocon, options -> ConfigFactory.parseReader(new StringReader(hocon), options));
  }

  /**
   * Text from a stream in UTF-8, read and closed here, under a name for messages: a file of HDFS or
   * an object store that the caller opened. Errors: {@link UncheckedIOException}.
   */
  public static ConfigSource stream(String name, InputStream stream) {
    try (stream) {
      return text(name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read configuration " + name + ": " + e, e);
    }
  }

  /** How messages call it. */
  public String name() {
    return name;
  }

  /**
   * Parses without resolving substitutions. Text that cannot be read or parsed gives an empty
   * configuration and a problem in the first list; keys set twice go to the second.
   */
  Config parse(List<Problem> problems, List<Problem> duplicates) {
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setSyntax(ConfigSyntax.CONF)
            .setAllowMissing(false)
            .setOriginDescription(name)
            .setIncluder(new StrictIncluder());
    try {
      String text = reader.read();
      Config config = parser.parse(options);
      duplicates.addAll(DuplicateKeys.find(name, text));
      return config;
    } catch (IOException e) {
      problems.add(new Problem(name, "cannot be read: " + reason(e)));
    } catch (ConfigException e) {
      Problem problem = syntax(e);
      problems.add(problem.where().isEmpty() ? new Problem(name, problem.what()) : problem);
    }
    return ConfigFactory.empty();
  }

  /** A problem of Typesafe Config's, its place cut off the message and worded our way. */
  static Problem syntax(ConfigException e) {
    String message = reason(e);
    if (e.origin() == null) {
      return new Problem("", message);
    }
    String place = e.origin().description() + ": ";
    String what = message.startsWith(place) ? message.substring(place.length()) : message;
    return new Problem(Origins.describe(e.origin()), what);
  }

  private static String reason(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
      return "no such file (" + cause.getMessage() + ")";
    }
    String message = cause instanceof ConfigException ? cause.getMessage() : cause.toString();
    // Typesafe Config says so of a brace too.
    return message
        .replaceAll("\\s+", " ")
        .replace(
            "expecting a close parentheses ')' here",
            "expecting a closing brace '}' (or ')') here");
  }

  private static String readResource(ClassLoader loader, String resource) throws IOException {
    try (InputStream stream = loader.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new NoSuchFileException("class path resource " + resource);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** HOCON ignores an include that is missing; a recipe without its base must not pass silently. */
  private static final class StrictIncluder
      implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderClasspath {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder other) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      ConfigParseable place = context.relativeTo(what);
      if (place == null) {
        throw new ConfigException.Generic(
            "cannot include \""
                + what
                + "\": this text has no folder; use include file(...) or include classpath(...)");
      }
      return required(what, () -> place.parse(strict(context)));
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      return required(what.getPath(), () -> ConfigFactory.parseFile(what, strict(context)).root());
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      ClassLoader loader = ConfigSource.class.getClassLoader();
      return required(
          what, () -> ConfigFactory.parseResources(loader, what, strict(context)).root());
    }

    private static ConfigParseOptions strict(ConfigIncludeContext context) {
      return context.parseOptions().setAllowMissing(false);
    }

    private static ConfigObject required(String what, Supplier<ConfigObject> parse) {
      try {
        return parse.get();
      } catch (ConfigException.IO e) {
        throw new ConfigException.Generic(
            "cannot include \"" + what + "\": " + reason(e).replace("java.io.IOException: ", ""));
      }
    }
  }
}
