package io.cogaze.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.cogaze.jobs.InProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The estimate of memory against what steps of full size really take, on cases that it was not
 * fitted to. Needs 8 GB of memory; the figures do not depend on how busy the machine is.
 */
@Tag("long")
class MemoryEstimateTest {
  private static final int HELD_OUT = 8;
  private static final Pattern ROW = Pattern.compile("^ +(\\S+:\\S+) +(\\d+) +(\\d+) .*$");

  @Test
  void isNeverBelowTheMeasuredPeakAndAtMostAFifthAbove(@TempDir Path folder) {
    InProcess.Result done =
        InProcess.run(
            "bench",
            "memory",
            "--held-out",
            "--cache",
            folder.resolve("cache"),
            "--output",
            folder.resolve("memory"));
    assertThat(done.err()).isEmpty();
    assertThat(done.exitCode()).isZero();

    List<String> cases = new ArrayList<>();
    for (String line : done.out().lines().toList()) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        cases.add(row.group(1));
        long measured = Long.parseLong(row.group(2));
        assertThat(Long.parseLong(row.group(3)))
            .as("estimate of %s, MiB, measured %d", row.group(1), measured)
            .isBetween(measured, measured * 6 / 5);
      }
    }
    assertThat(cases).hasSize(HELD_OUT).doesNotHaveDuplicates();
  }
}
