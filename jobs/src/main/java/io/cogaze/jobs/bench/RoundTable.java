package io.cogaze.jobs.bench;

import io.cogaze.train.spark.RoundBytes;
import io.cogaze.train.spark.RoundTimes;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Rounds for people. */
public final class RoundTable {
  private static final double MEGA = 1e6;
  private static final double NANOS = 1e9;

  private RoundTable() {}

  /** Prints each round, and the spread of what is judged: not the last one of the epoch. */
  public static void print(PrintWriter out, List<MeasuredRound> rounds) {
    MeasuredRound any = rounds.get(0);
    out.printf(
        Locale.ROOT,
        "%s, %d workers, %d batches of each in a round, %.0f MB of state%s%n",
        any.subject(),
        any.workers(),
        any.batches(),
        any.summary().bytes().state() / MEGA,
        any.trained() ? "" : "; WITHOUT COMPUTING: workers carry the state and do not train");
    out.println(
        "  round   seconds   compute  the rest     share  all-reduce     ratio | broadcast serialise"
            + " aggregate      idle | MB: driver in, out, node in, out");
    for (MeasuredRound row : rounds) {
      RoundTimes times = row.summary().times();
      RoundBytes bytes = row.summary().bytes();
      out.printf(
          Locale.ROOT,
          "  %5s %9.2f %9.2f %9.2f %9s %11s %9s | %9.2f %9.2f %9.2f %9.2f | %.0f, %.0f, %.0f, %.0f%n",
          row.last() ? "last" : Integer.toString(row.round()),
          row.seconds(),
          row.computeSeconds(),
          row.overheadSeconds(),
          row.trained() ? String.format(Locale.ROOT, "%.1f %%", 100 * row.share()) : "-",
          row.allReduceSeconds().map(s -> String.format(Locale.ROOT, "%.2f", s)).orElse("-"),
          row.allReduceSeconds().isPresent()
              ? String.format(Locale.ROOT, "%.2f", row.ratio())
              : "-",
          times.broadcast() / NANOS,
          times.serialise() / NANOS,
          times.aggregate() / NANOS,
          times.idle() / NANOS,
          bytes.driverIn() / MEGA,
          bytes.driverOut() / MEGA,
          bytes.nodeIn() / MEGA,
          bytes.nodeOut() / MEGA);
    }
    List<MeasuredRound> inner = rounds.stream().filter(row -> !row.last()).toList();
    out.printf(
        Locale.ROOT,
        "  most that the driver's heap held after a collection: %d MiB%n",
        rounds.get(rounds.size() - 1).driverHeapMb());
    if (any.trained()) {
      out.println(
          "  everything but compute, share of a round (at most 0.1 is wanted): "
              + Spread.of(inner.stream().map(MeasuredRound::share).toList()));
    }
    if (any.allReduceSeconds().isPresent()) {
      out.println(
          "  everything but compute over an all-reduce by gloo (at most 2 is wanted): "
              + Spread.of(inner.stream().map(MeasuredRound::ratio).toList()));
    }
    out.flush();
  }
}
