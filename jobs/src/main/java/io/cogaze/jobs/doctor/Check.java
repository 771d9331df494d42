package io.cogaze.jobs.doctor;

import java.util.Locale;

/**
 * One thing that was looked at.
 *
 * @param name what, for instance {@code memory}
 * @param value what was found
 * @param advice what follows from it; empty when nothing does
 */
public record Check(String name, Status status, String value, String advice) {
  /** What it means for a job. */
  public enum Status {
    /** Fits. */
    OK,
    /** Runs, but perhaps not as meant. */
    NOTE,
    /** Something would not run. */
    WRONG;

    /** As printed. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Check ok(String name, String value) {
    return new Check(name, Status.OK, value, "");
  }

  static Check note(String name, String value, String advice) {
    return new Check(name, Status.NOTE, value, advice);
  }

  static Check wrong(String name, String value, String advice) {
    return new Check(name, Status.WRONG, value, advice);
  }
}
