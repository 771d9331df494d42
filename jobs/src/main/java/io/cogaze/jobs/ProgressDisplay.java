package io.cogaze.jobs;

import io.cogaze.run.StatusLine;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Shows a command's status as {@code --progress} says, from {@link #open} to {@link #close}.
 *
 * <p>Whether standard error is a terminal only the launcher can tell, and hands its width on as
 * system property: Java's own console wants standard input to be one too.
 */
final class ProgressDisplay implements AutoCloseable {
  /** Columns of the terminal that standard error is; absent where it is none. */
  static final String COLUMNS_PROPERTY = "cogaze.terminal.columns";

  private static final int PERIOD_MILLIS = 100;
  private static final int LEAST_COLUMNS = 20;

  private final Runnable end;
  private final boolean draws;

  private ProgressDisplay(Runnable end, boolean draws) {
    this.end = end;
    this.draws = draws;
  }

  static ProgressDisplay open(ProgressMode mode) {
    int columns = Integer.getInteger(COLUMNS_PROPERTY, 0);
    if (mode == ProgressMode.NONE) {
      StatusLine.use(new Nowhere());
      return new ProgressDisplay(StatusLine::useNone, false);
    }
    if (mode == ProgressMode.PLAIN || columns < LEAST_COLUMNS) {
      return new ProgressDisplay(StatusLine::useNone, false);
    }
    return new ProgressDisplay(onTerminal(columns), true);
  }

  /** Whether a line is drawn, so that all output must go by {@link System#out} as it is now. */
  boolean draws() {
    return draws;
  }

  @Override
  public void close() {
    end.run();
  }

  private static Runnable onTerminal(int columns) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    TerminalLine line =
        new TerminalLine(new FileOutputStream(FileDescriptor.err), columns, System::nanoTime);
    PrintStream guardedOut = printing(line.guard(out));
    PrintStream guardedErr = printing(line.guard(err));
    System.setOut(guardedOut);
    System.setErr(guardedErr);
    StatusLine.use(line);
    ScheduledExecutorService ticks =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "cogaze-progress");
              thread.setDaemon(true);
              return thread;
            });
    ScheduledFuture<?> drawing =
        ticks.scheduleWithFixedDelay(
            line::draw, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    // Ended by a signal, the shell's prompt belongs on a line of its own.
    Runtime.getRuntime().addShutdownHook(new Thread(line::close, "cogaze-progress-end"));
    return () -> {
      StatusLine.useNone();
      drawing.cancel(false);
      ticks.shutdown();
      line.close();
      System.setOut(out);
      System.setErr(err);
    };
  }

  private static PrintStream printing(OutputStream stream) {
    return new PrintStream(stream, true, Charset.defaultCharset());
  }

  /** Takes everything and shows nothing. */
  private static final class Nowhere implements StatusLine.Display {
    @Override
    public void begin(String phase) {
      // Nobody wants to see it.
    }

    @Override
    public void end() {
      // Nobody wants to see it.
    }

    @Override
    public void show(String text) {
      // Nobody wants to see it.
    }
  }
}
