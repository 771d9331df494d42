package io.cogaze.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigCoverageTest {
  record Inner(int depth) {}

  record Block(String input, int width, Inner inner, Optional<String> note) {}

  @Test
  void findsNothingWhereReferenceAndRecordsMatch() {
    String text =
        """
        cogaze {
          # A block.
          block {
            # Pixels.
            width = 3
            # Inside.
            inner {
              # Layers.
              depth = 2
            }
          }
        }
        """;
    assertThat(coverage(text).required("block.input").problems()).isEmpty();
  }

  @Test
  void findsKeysThatNobodyReadsOrNobodyExplainsAndComponentsWithoutDefault() {
    String text =
        """
        cogaze {
          # A block.
          block {
            widht = 3
            # Inside.
            inner { depth = 2 }
          }
          # Lost.
          lost = 1
        }
        """;
    assertThat(coverage(text).problems())
        .isEqualTo(
            List.of(
                "block.inner.depth has no comment",
                "block.widht is read by no component of Block",
                "block.widht has no comment",
                "lost is read by no record",
                "block.input has no default in reference.conf",
                "block.width has no default in reference.conf"));
  }

  private static ConfigCoverage coverage(String text) {
    return ConfigCoverage.of(ConfigSource.text("reference.conf", text)).block("block", Block.class);
  }
}
