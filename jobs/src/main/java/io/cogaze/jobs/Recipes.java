package io.cogaze.jobs;

import io.cogaze.config.ConfigSource;
import io.cogaze.error.ConfigurationException;
import java.util.List;

/** Finds a recipe by name among those in the jar, or as a file of the user's own. */
final class Recipes {
  /** The recipes that the jar carries; they are the files of conf/recipes. */
  static final List<String> BUILT_IN = List.of("cooperative", "cooperative-small");

  private Recipes() {}

  /** The source of a recipe: a built-in name, or the path of a file that ends in .conf. */
  static ConfigSource source(String nameOrFile) {
    if (BUILT_IN.contains(nameOrFile)) {
      return ConfigSource.resource("recipes/" + nameOrFile + ".conf");
    }
    if (nameOrFile.endsWith(".conf")) {
      return Paths.configSource(nameOrFile, "--recipe");
    }
    throw new ConfigurationException(
        "There is no recipe '"
            + nameOrFile
            + "'. The recipes are: "
            + String.join(", ", BUILT_IN)
            + ".\n  fix: name one of them, or give the path of a recipe file that ends in .conf");
  }
}
