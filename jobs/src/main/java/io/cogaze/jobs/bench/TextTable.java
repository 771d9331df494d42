package io.cogaze.jobs.bench;

import io.cogaze.nn.kernel.NativeLibrary;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** The comparison for people. */
public final class TextTable {
  private TextTable() {}

  /**
   * Prints seconds of a step, the ratio in images a second with its spread over the pairs, and peak
   * memory.
   */
  public static void print(PrintWriter out, List<Comparison> comparisons) {
    if (comparisons.isEmpty()) {
      return;
    }
    Comparison any = comparisons.get(0);
    out.println(
        "Seconds a step, "
            + any.threads()
            + " threads; ratio: the faster PyTorch format over CoGaze (smallest - largest of "
            + any.cogaze().turns().size()
            + " pairs); peak resident MiB");
    out.printf(
        Locale.ROOT,
        "  %-24s %-9s %9s %11s %14s   %-22s %8s %9s%n",
        "",
        "",
        "CoGaze",
        "contiguous",
        "channels_last",
        "ratio",
        "CoGaze",
        "PyTorch");
    for (Comparison row : comparisons) {
      out.printf(
          Locale.ROOT,
          "  %-24s %-9s %9.3f %11.3f %14.3f   %-22s %8d %9d%n",
          row.subject(),
          row.phase().label(),
          row.cogaze().seconds(),
          row.contiguous().seconds(),
          row.channelsLast().seconds(),
          String.format(
              Locale.ROOT,
              "%.2f (%.2f - %.2f)",
              row.ratio(),
              row.smallestRatio(),
              row.largestRatio()),
          row.cogaze().peakMb(),
          row.peer().peakMb());
    }
    for (Comparison row : comparisons) {
      row.stock()
          .ifPresent(
              stock ->
                  out.printf(
                      Locale.ROOT,
                      "  for reference, %s %s, %s: %.3f s, peak %d MiB%n",
                      row.subject(),
                      row.phase().label(),
                      stock.engine(),
                      stock.seconds(),
                      stock.peakMb()));
    }
    out.println("CoGaze: " + any.cogaze().engine() + "; peer: " + any.peer().engine());
    out.println("Processor: " + NativeLibrary.processor());
    out.flush();
  }
}
