package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.train.spark.RoundBytes;
import java.util.List;

/**
 * Rounds without computing at one number of workers, each a JVM of its own.
 *
 * @param seconds of a round, median; its least and its most
 * @param traffic the most of each of the rounds
 * @param driverRead bytes that the driver's process read in a round, on average
 * @param driverWritten bytes that it wrote
 */
public record ScalingPoint(
    int workers,
    int rounds,
    double seconds,
    double fastest,
    double slowest,
    RoundBytes traffic,
    long driverRead,
    long driverWritten) {
  static final JsonTable TABLE =
      new JsonTable("points", "cogaze_bench_scaling")
          .whole("workers", "rounds", "bytes")
          .fraction("round_s", "round_s_min", "round_s_max")
          .whole(
              "driver_in",
              "driver_out",
              "node_in",
              "node_out",
              "shared",
              "driver_read",
              "driver_written");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The object that {@code --json} prints, and the row of the table. */
  public ObjectNode toJson() {
    return JSON.createObjectNode()
        .put("workers", workers)
        .put("rounds", rounds)
        .put("bytes", traffic.state())
        .put("round_s", seconds)
        .put("round_s_min", fastest)
        .put("round_s_max", slowest)
        .put("driver_in", traffic.driverIn())
        .put("driver_out", traffic.driverOut())
        .put("node_in", traffic.nodeIn())
        .put("node_out", traffic.nodeOut())
        .put("shared", traffic.shared())
        .put("driver_read", driverRead)
        .put("driver_written", driverWritten);
  }

  /** The table of rounds at several numbers of workers. */
  public static JsonTable.Rows table(List<ScalingPoint> points) {
    return TABLE.rows(points.stream().map(ScalingPoint::toJson));
  }
}
