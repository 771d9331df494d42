package io.cogaze.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Places in the checkout that is tested, and what the build left there. */
final class Project {
  private static final Path ROOT = findRoot();

  private Project() {}

  /** The folder of the root pom. */
  static Path root() {
    return ROOT;
  }

  static Path launcher() {
    return ROOT.resolve("cogaze");
  }

  /** The jar for spark-submit. */
  static Path jar() {
    return built("jobs/target/cogaze-jobs.jar");
  }

  /** The Spark home that the build puts together from Maven's artefacts. */
  static Path sparkHome() {
    return built("jobs/target/spark-home");
  }

  /** A folder of the build for what the tests make themselves and keep between runs. */
  static Path scratch(String name) {
    try {
      return Files.createDirectories(ROOT.resolve("tests/target").resolve(name));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot make a folder under tests/target", e);
    }
  }

  /** Whether a missing tool is a failure. */
  static boolean continuousIntegration() {
    return "true".equalsIgnoreCase(System.getenv("CI"));
  }

  private static Path built(String place) {
    Path path = ROOT.resolve(place);
    if (!Files.exists(path)) {
      throw new IllegalStateException(
          path + " is missing; run 'mvn verify' in the root folder, which builds it first");
    }
    return path;
  }

  private static Path findRoot() {
    Path folder = Path.of(System.getProperty("cogaze.root", ".")).toAbsolutePath().normalize();
    while (folder != null && !Files.isRegularFile(folder.resolve("cogaze"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException("No folder above the working directory holds the launcher");
    }
    return folder;
  }
}
