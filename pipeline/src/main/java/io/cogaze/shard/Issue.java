package io.cogaze.shard;

import java.io.Serializable;
import java.util.Comparator;
import java.util.OptionalLong;

/**
 * One row of the quarantine table (a record that was left out) or of the warnings table (a record
 * that was kept although it lacks something).
 *
 * @param source the file the record came from
 * @param row line of the record in the source, from 1 with the header as line 1; 0 = the whole file
 * @param exampleId example or image id, or empty when none could be read
 * @param stage the step that found it: read, split, decode, gaze, mask, leakage
 * @param reason code for programs, upper case with underscores
 * @param message for people: what is wrong, the value, the fix
 */
public record Issue(
    String source, long row, String exampleId, String stage, String reason, String message)
    implements Serializable, Comparable<Issue> {
  private static final long serialVersionUID = 1L;
  private static final Comparator<Issue> ORDER =
      Comparator.comparing(Issue::source)
          .thenComparingLong(Issue::row)
          .thenComparing(Issue::exampleId)
          .thenComparing(Issue::stage)
          .thenComparing(Issue::reason)
          .thenComparing(Issue::message);

  /** The line in the source, or empty when the issue is about the whole file. */
  public OptionalLong line() {
    return row == 0 ? OptionalLong.empty() : OptionalLong.of(row);
  }

  /** By source, row, example, stage, reason. */
  @Override
  public int compareTo(Issue other) {
    return ORDER.compare(this, other);
  }
}
