package io.cogaze.tests;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Programs that a machine may lack. */
final class Tools {
  private Tools() {}

  static Optional<Path> find(String program) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** The program, or the end of the test: skipped on a person's machine, failed with CI=true. */
  static Path require(String program, String hint) {
    return find(program).orElseThrow(() -> missing(program + " is not on the PATH; " + hint));
  }

  /** Ends the test for what the machine lacks. */
  static RuntimeException missing(String reason) {
    if (Project.continuousIntegration()) {
      throw new AssertionError(reason + " (with CI=true a missing tool is a failure)");
    }
    Assumptions.abort(reason);
    return new IllegalStateException(reason);
  }
}
