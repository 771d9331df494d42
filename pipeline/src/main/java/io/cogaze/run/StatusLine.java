package io.cogaze.run;

import java.util.Optional;

/**
 * What the process is at just now, for a person who watches. One for the process, as the log is:
 * code that works says how far it is, and the command line decides who sees it. Without a display
 * nobody does, and the log has to do.
 */
public final class StatusLine {
  /** Shows the status; may be called from several threads. */
  public interface Display {
    /** A phase begins, inside of those that have begun and not ended. */
    void begin(String phase);

    /** The phase that began last ends, and with it what was shown of it. */
    void end();

    /** How far the work is, in a few words; replaces what was shown before, empty takes it away. */
    void show(String text);
  }

  private static volatile Display display;

  private StatusLine() {}

  /** From now on the status goes there. */
  public static void use(Display newDisplay) {
    display = newDisplay;
  }

  /** From now on nobody sees the status. */
  public static void useNone() {
    display = null;
  }

  /** Who sees the status. */
  public static Optional<Display> display() {
    return Optional.ofNullable(display);
  }

  /**
   * Shows how far the work is.
   *
   * @return false without a display: what is worth a line of the log must go there
   */
  public static boolean show(String text) {
    Display now = display;
    if (now == null) {
      return false;
    }
    now.show(text);
    return true;
  }
}
