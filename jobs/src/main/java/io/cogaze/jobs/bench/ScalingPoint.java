package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Rounds without computing at one number of workers, each a JVM of its own.
 *
 * @param bytes of the state that is averaged
 * @param seconds of a round, median; its least and its most
 * @param traffic of the median round
 * @param driverRead bytes that the driver's process read in it
 * @param driverWritten bytes that it wrote
 */
public record ScalingPoint(
    int workers,
    int rounds,
    long bytes,
    double seconds,
    double fastest,
    double slowest,
    RoundTraffic traffic,
    long driverRead,
    long driverWritten) {
  static final JsonTable TABLE =
      new JsonTable("points", "cogaze_bench_scaling")
          .whole("workers", "rounds", "bytes")
          .fraction("round_s", "round_s_min", "round_s_max")
          .whole("through_driver", "results", "broadcast_put", "broadcast_fetched")
          .whole(
              "shuffle_written", "shuffle_read", "busiest_node", "driver_read", "driver_written");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The object that {@code --json} prints, and the row of the table. */
  public ObjectNode toJson() {
    return JSON.createObjectNode()
        .put("workers", workers)
        .put("rounds", rounds)
        .put("bytes", bytes)
        .put("round_s", seconds)
        .put("round_s_min", fastest)
        .put("round_s_max", slowest)
        .put("through_driver", traffic.throughDriver())
        .put("results", traffic.results())
        .put("broadcast_put", traffic.broadcastPut())
        .put("broadcast_fetched", traffic.broadcastFetched())
        .put("shuffle_written", traffic.shuffleWritten())
        .put("shuffle_read", traffic.shuffleRead())
        .put("busiest_node", traffic.busiestExecutor())
        .put("driver_read", driverRead)
        .put("driver_written", driverWritten);
  }

  /** The table of rounds at several numbers of workers. */
  public static JsonTable.Rows table(List<ScalingPoint> points) {
    return TABLE.rows(points.stream().map(ScalingPoint::toJson));
  }
}
