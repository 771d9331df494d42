package io.cogaze.jobs.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Scaling for people: what was measured, and what bandwidth alone allows with more workers. */
public final class ScalingTable {
  /** The cooperative network at full size with Adam: parameters and two values of state each. */
  public static final long FULL_SIZE = 66_643_143L * 3 * Float.BYTES;

  private static final double MEGA = 1e6;
  private static final int[] WORKERS = {2, 4, 8, 16, 32, 64, 128, 256};
  private static final double[] GIGABITS = {1, 10, 25, 100};

  private ScalingTable() {}

  /** Prints points in the order measured. */
  public static void print(PrintWriter out, List<ScalingPoint> points) {
    out.printf(
        Locale.ROOT,
        "Rounds without computing, one JVM a worker, %d cores for all of them; MB a round%n",
        Runtime.getRuntime().availableProcessors());
    out.println(
        "  workers   state      seconds (least - most)   driver: in, out   its process: read, wrote"
            + "   busiest node: in, out");
    for (ScalingPoint row : points) {
      out.printf(
          Locale.ROOT,
          "  %7d %7.2f %8.3f (%.3f - %.3f) %9.2f, %6.2f %16.2f, %6.2f %15.2f, %6.2f%n",
          row.workers(),
          row.traffic().state() / MEGA,
          row.seconds(),
          row.fastest(),
          row.slowest(),
          row.traffic().driverIn() / MEGA,
          row.traffic().driverOut() / MEGA,
          row.driverRead() / MEGA,
          row.driverWritten() / MEGA,
          row.traffic().nodeIn() / MEGA,
          row.traffic().nodeOut() / MEGA);
    }
    out.flush();
  }

  /** Prints what the traffic of a state takes at stated bandwidths. */
  public static void printProjection(PrintWriter out, long bytes) {
    out.printf(
        Locale.ROOT,
        "%nProjection for a state of %.0f MB, from bytes and bandwidth alone, seconds a round:"
            + " CoGaze max(1, 2 (K-1)/K) B/b, ring all-reduce 2 (K-1)/K B/b%n",
        bytes / MEGA);
    StringBuilder head = new StringBuilder("  workers");
    for (double gigabits : GIGABITS) {
      head.append(String.format(Locale.ROOT, "  %18s", (int) gigabits + " Gbit/s: ring"));
    }
    out.println(head);
    for (int workers : WORKERS) {
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %7d", workers));
      for (double gigabits : GIGABITS) {
        line.append(
            String.format(
                Locale.ROOT,
                "  %9.3f %8.3f",
                Projection.cogaze(bytes, workers, gigabits),
                Projection.ring(bytes, workers, gigabits)));
      }
      out.println(line);
    }
    out.flush();
  }
}
