package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.train.spark.RoundBytes;
import io.cogaze.train.spark.RoundTimes;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Rounds for people, and what is said of them all in one line. */
public final class RoundTable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double MOST_SHARE = 0.1;
  private static final int MOST_RATIO = 2;
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
    out.printf(
        Locale.ROOT,
        "  most that the driver's heap held after a collection: %d MiB%n",
        rounds.get(rounds.size() - 1).driverHeapMb());
    if (any.trained()) {
      Spread share = share(rounds);
      out.printf(
          Locale.ROOT,
          "  everything but compute, share of a round (at most %s is wanted in the mean: %s): %s%n",
          MOST_SHARE,
          verdict(share.mean() <= MOST_SHARE),
          share);
    }
    if (any.allReduceSeconds().isPresent()) {
      Spread ratio = ratio(rounds);
      out.printf(
          Locale.ROOT,
          "  everything but compute over an all-reduce by gloo (at most %s is wanted in the mean:"
              + " %s): %s%n",
          MOST_RATIO,
          verdict(ratio.mean() <= MOST_RATIO),
          ratio);
    }
    out.flush();
  }

  /**
   * Over the rounds that are judged: {@code overhead_share}, everything but compute as a share of a
   * round, 0 to 1, and {@code ratio}, over an all-reduce; mean, {@code _min}, {@code _max}, and in
   * {@code _holds} whether the mean is what is wanted. Without what was not measured.
   */
  public static ObjectNode summary(List<MeasuredRound> rounds) {
    MeasuredRound any = rounds.get(0);
    ObjectNode summary = JSON.createObjectNode().put("summary", "round");
    if (any.trained()) {
      Spread share = share(rounds);
      summary
          .put("overhead_share", share.mean())
          .put("overhead_share_min", share.smallest())
          .put("overhead_share_max", share.largest())
          .put("overhead_share_holds", share.mean() <= MOST_SHARE);
    }
    if (any.allReduceSeconds().isPresent()) {
      Spread ratio = ratio(rounds);
      summary
          .put("ratio", ratio.mean())
          .put("ratio_min", ratio.smallest())
          .put("ratio_max", ratio.largest())
          .put("ratio_holds", ratio.mean() <= MOST_RATIO);
    }
    return summary;
  }

  private static Spread share(List<MeasuredRound> rounds) {
    return Spread.of(judged(rounds).map(MeasuredRound::share).toList());
  }

  private static Spread ratio(List<MeasuredRound> rounds) {
    return Spread.of(judged(rounds).map(MeasuredRound::ratio).toList());
  }

  /** In an epoch's last round the driver waits for the state; the bounds are for all others. */
  private static Stream<MeasuredRound> judged(List<MeasuredRound> rounds) {
    return rounds.stream().filter(row -> !row.last());
  }

  private static String verdict(boolean holds) {
    return holds ? "holds" : "DOES NOT HOLD";
  }
}
