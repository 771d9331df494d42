package io.cogaze.jobs.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Rounds for people. */
public final class RoundTable {
  private static final double MEGA = 1e6;

  private RoundTable() {}

  /** Prints each round, and the spread of what is judged. */
  public static void print(PrintWriter out, List<MeasuredRound> rounds) {
    MeasuredRound any = rounds.get(0);
    out.printf(
        Locale.ROOT,
        "%s, %d workers, %d batches of each in a round, %.0f MB of state%s%n",
        any.subject(),
        any.workers(),
        any.batches(),
        any.bytes() / MEGA,
        any.trained() ? "" : "; WITHOUT COMPUTING: workers carry the state and do not train");
    out.println(
        "  round   seconds   compute  the rest     share  all-reduce     ratio | task s   gc s"
            + "  shuffle w. s | MB: shuffle written, results, broadcast");
    for (MeasuredRound row : rounds) {
      out.printf(
          Locale.ROOT,
          "  %5d %9.2f %9.2f %9.2f %9s %11s %9s | %6.1f %6.1f %13.1f | %.0f, %.0f, %.0f%n",
          row.round(),
          row.seconds(),
          row.computeSeconds(),
          row.overheadSeconds(),
          row.trained() ? String.format(Locale.ROOT, "%.1f %%", 100 * row.share()) : "-",
          row.allReduceSeconds().map(s -> String.format(Locale.ROOT, "%.2f", s)).orElse("-"),
          row.allReduceSeconds().isPresent()
              ? String.format(Locale.ROOT, "%.2f", row.ratio())
              : "-",
          row.traffic().taskSeconds(),
          row.traffic().gcSeconds(),
          row.traffic().shuffleWriteSeconds(),
          row.traffic().shuffleWritten() / MEGA,
          row.traffic().results() / MEGA,
          row.traffic().broadcastPut() / MEGA);
    }
    out.printf(
        Locale.ROOT,
        "  most that the driver's heap held after a collection: %d MiB%n",
        rounds.get(rounds.size() - 1).driverHeapMb());
    if (any.trained()) {
      out.println(
          "  everything but compute, share of a round (at most 0.1 is wanted): "
              + Spread.of(rounds.stream().map(MeasuredRound::share).toList()));
    }
    if (any.allReduceSeconds().isPresent()) {
      out.println(
          "  everything but compute over an all-reduce by gloo (at most 2 is wanted): "
              + Spread.of(rounds.stream().map(MeasuredRound::ratio).toList()));
    }
    out.flush();
  }
}
