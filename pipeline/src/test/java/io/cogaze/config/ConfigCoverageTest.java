package io.cogaze.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCoverageTest {
  @TempDir Path folder;

  record Canvas(int heightPx, int widthPx) {}

  record Settings(int seed, Optional<String> name, Canvas canvas, List<String> classes) {}

  private List<String> problems(String... lines) throws IOException {
    Path file = Files.write(folder.resolve("reference.conf"), List.of(lines));
    return ConfigCoverage.of(ConfigSource.file(file))
        .block("prep", Settings.class)
        .required("prep.classes")
        .problems();
  }

  @Test
  void findsNothingWhereEveryKeyIsReadAndExplained() throws IOException {
    assertThat(
            problems(
                "cogaze {",
                "  # Block.",
                "  prep {",
                "    # Seed.",
                "    seed = 1",
                "    # Canvas.",
                "    canvas {",
                "      # Rows.",
                "      height-px = 2",
                "      # Columns.",
                "      width-px = 2",
                "    }",
                "  }",
                "}"))
        .isEmpty();
  }

  @Test
  void findsKeysThatNothingReadsSettingsWithoutDefaultAndMissingComments() throws IOException {
    assertThat(
            problems(
                "cogaze {",
                "  # Block.",
                "  prep {",
                "    # Sead.",
                "    sead = 1",
                "    # Canvas.",
                "    canvas {",
                "      height-px = 2",
                "    }",
                "  }",
                "  # Nobody's.",
                "  other { }",
                "}"))
        .containsExactlyInAnyOrder(
            "prep.sead is read by no component of Settings",
            "prep.canvas.height-px has no comment",
            "prep.seed has no default in " + folder.resolve("reference.conf"),
            "prep.canvas.width-px has no default in " + folder.resolve("reference.conf"),
            "other is read by no record");
  }
}
