package io.cogaze.jobs;

import io.cogaze.run.StatusLine;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The status on one line at the bottom of a terminal, drawn anew by a carriage return and
 * clear-to-end. Whatever else is printed there goes through {@link #guard}, which takes the line
 * away first, so that neither tears the other; {@link #draw} puts it back.
 *
 * <p>Shown is what the work says of itself; while it says nothing, the phase, how many of Spark's
 * tasks are done, and the seconds since the phase began.
 */
final class TerminalLine implements StatusLine.Display, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TerminalLine.class);
  private static final byte[] ERASE = "\r\u001b[K".getBytes(StandardCharsets.US_ASCII);

  /** A phase and when it began. */
  private record Phase(String name, long startNanos) {}

  private final OutputStream terminal;
  private final int columns;
  private final LongSupplier nanoClock;
  private final Deque<Phase> phases = new ArrayDeque<>();
  private final List<Guard> guards = new ArrayList<>();
  private String text = "";
  private String drawn = "";
  private long tasksDone;
  private long tasks;
  private boolean closed;

  /**
   * A line that is not drawn yet.
   *
   * @param terminal where it is drawn; not closed
   * @param columns width of the terminal; the line is cut one short of it, for some terminals start
   *     a new line behind the last column
   * @param nanoClock for the seconds of a phase
   */
  TerminalLine(OutputStream terminal, int columns, LongSupplier nanoClock) {
    this.terminal = terminal;
    this.columns = columns;
    this.nanoClock = nanoClock;
  }

  @Override
  public synchronized void begin(String phase) {
    phases.addLast(new Phase(phase, nanoClock.getAsLong()));
    text = "";
  }

  @Override
  public synchronized void end() {
    phases.pollLast();
    text = "";
  }

  @Override
  public synchronized void show(String newText) {
    text = newText;
  }

  /** How many of the tasks of Spark's stages at work are done. */
  synchronized void tasks(long done, long all) {
    tasksDone = done;
    tasks = all;
  }

  /** Brings the terminal up to date; nothing in the middle of a line that someone else prints. */
  synchronized void draw() {
    if (closed || guards.stream().anyMatch(Guard::isInsideLine)) {
      return;
    }
    String now = cut(content());
    if (now.equals(drawn)) {
      return;
    }
    try {
      erase();
      put(now.getBytes(StandardCharsets.UTF_8));
      drawn = now;
    } catch (IOException e) {
      giveUp(e);
    }
  }

  /** A stream to the same terminal that takes the line away before anything is printed. */
  synchronized OutputStream guard(OutputStream stream) {
    Guard guard = new Guard(stream);
    guards.add(guard);
    return guard;
  }

  /** Draws no more. What is drawn stays, with a line break behind it. */
  @Override
  public synchronized void close() {
    if (!closed && !drawn.isEmpty()) {
      try {
        put(new byte[] {'\n'});
      } catch (IOException e) {
        giveUp(e);
      }
    }
    drawn = "";
    closed = true;
  }

  /** The terminal is gone, which is no reason to end the work. */
  private void giveUp(IOException cause) {
    closed = true;
    drawn = "";
    LOG.debug("No more progress is drawn: {}", cause.toString());
  }

  private String content() {
    if (!text.isEmpty() || phases.isEmpty()) {
      return text;
    }
    String names = phases.stream().map(Phase::name).collect(Collectors.joining(": "));
    long seconds = (nanoClock.getAsLong() - phases.getLast().startNanos()) / 1_000_000_000L;
    String counted =
        tasks == 0 ? "" : String.format(Locale.ROOT, "  %d of %d tasks", tasksDone, tasks);
    return names + counted + "  " + seconds + " s";
  }

  /** Cut to the terminal's width; what would move the cursor is left out. */
  private String cut(String content) {
    StringBuilder shown = new StringBuilder();
    Iterator<Integer> points =
        content.codePoints().filter(point -> !Character.isISOControl(point)).iterator();
    for (int width = 0; points.hasNext() && width < columns - 1; width++) {
      shown.appendCodePoint(points.next());
    }
    return shown.toString();
  }

  private void erase() throws IOException {
    if (!drawn.isEmpty()) {
      put(ERASE);
      drawn = "";
    }
  }

  private void put(byte[] bytes) throws IOException {
    terminal.write(bytes);
    terminal.flush();
  }

  /** Others' way to the terminal. */
  private final class Guard extends FilterOutputStream {
    private boolean insideLine;

    Guard(OutputStream stream) {
      super(stream);
    }

    boolean isInsideLine() {
      return insideLine;
    }

    @Override
    public void write(int single) throws IOException {
      write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      synchronized (TerminalLine.this) {
        if (length == 0) {
          return;
        }
        erase();
        out.write(bytes, offset, length);
        // A buffered stream must not bring its bytes later, behind the line.
        out.flush();
        insideLine = bytes[offset + length - 1] != '\n';
      }
    }
  }
}
