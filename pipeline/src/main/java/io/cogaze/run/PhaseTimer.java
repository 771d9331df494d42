package io.cogaze.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs named phases and notes how long each took, so that the log reads as a table of contents.
 * Phases follow one another; a name may come again. Not for several threads.
 */
public final class PhaseTimer {
  /**
   * One phase.
   *
   * @param seconds that it took, also if it failed
   */
  public record Phase(String name, double seconds) {}

  private static final Logger LOG = LoggerFactory.getLogger(PhaseTimer.class);

  private final LongSupplier nanoClock;
  private final List<Phase> phases = new ArrayList<>();

  public PhaseTimer() {
    this(System::nanoTime);
  }

  PhaseTimer(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Runs a phase that gives nothing. */
  public void run(String name, Runnable body) {
    call(
        name,
        () -> {
          body.run();
          return null;
        });
  }

  /** Runs a phase; unchecked exceptions pass through, checked ones come as the cause of one. */
  public <T> T call(String name, Callable<T> body) {
    LOG.info("{} ...", name);
    Optional<StatusLine.Display> display = StatusLine.display();
    display.ifPresent(watched -> watched.begin(name));
    long start = nanoClock.getAsLong();
    try {
      return body.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException("Cannot " + name + ": " + e.getMessage(), e);
    } catch (Exception e) {
      throw new IllegalStateException("Cannot " + name + ": " + e.getMessage(), e);
    } finally {
      double seconds = (nanoClock.getAsLong() - start) / 1e9;
      phases.add(new Phase(name, seconds));
      display.ifPresent(StatusLine.Display::end);
      LOG.info("{}: {} s", name, Summary.seconds(seconds));
    }
  }

  /** The phases so far, in the order they ended. */
  public List<Phase> phases() {
    return List.copyOf(phases);
  }

  /** A table for people: one phase a line, seconds, and the sum. */
  public String table() {
    int width = Math.max(5, phases.stream().mapToInt(p -> p.name().length()).max().orElse(0));
    StringBuilder text = new StringBuilder();
    double sum = 0;
    for (Phase phase : phases) {
      text.append(row(width, phase.name(), phase.seconds()));
      sum += phase.seconds();
    }
    return text.append(row(width, "total", sum)).toString();
  }

  private static String row(int width, String name, double seconds) {
    return String.format(java.util.Locale.ROOT, "%-" + width + "s %9.1f s%n", name, seconds);
  }
}
