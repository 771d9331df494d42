package io.cogaze.train.spark;

import io.cogaze.train.exchange.Traffic;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Bytes of states that went between processes in a round; what a process has itself it does not
 * fetch. Reports and the descriptions of tasks, some kilobytes a worker, are not in it.
 *
 * @param state size of the state that is averaged
 * @param driverIn what the driver took in: the start of the round, beside it; in the last round
 *     also what it ended with
 * @param driverOut what it gave
 * @param nodeIn the most that an executor took in
 * @param nodeOut the most that an executor gave
 * @param shared what of it all went by memory that processes of one machine share
 */
public record RoundBytes(
    long state, long driverIn, long driverOut, long nodeIn, long nodeOut, long shared) {
  /** Spark's id of the driver among the executors. */
  private static final String DRIVER = "driver";

  static RoundBytes of(long state, Collection<Traffic> traffic) {
    Map<String, Long> in = new TreeMap<>();
    Map<String, Long> out = new TreeMap<>();
    for (Traffic each : traffic) {
      in.merge(each.executor(), each.bytes(), Long::sum);
      each.from().forEach((sender, bytes) -> out.merge(sender, bytes, Long::sum));
    }
    Long driverIn = in.remove(DRIVER);
    Long driverOut = out.remove(DRIVER);
    return new RoundBytes(
        state,
        driverIn == null ? 0 : driverIn,
        driverOut == null ? 0 : driverOut,
        most(in),
        most(out),
        traffic.stream().mapToLong(Traffic::shared).sum());
  }

  private static long most(Map<String, Long> bytes) {
    return bytes.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Bytes through the driver. */
  public long driver() {
    return driverIn + driverOut;
  }
}
