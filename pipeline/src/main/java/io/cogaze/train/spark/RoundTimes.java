package io.cogaze.train.spark;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Where the wall time of an averaging round went, in nanoseconds. Each averaging worker of the
 * stage has a slot for the whole round; the parts are means over the slots, so that none is
 * negative and their sum is the wall time.
 *
 * @param compute the workers in their networks: forward, backward, optimiser
 * @param readWait the workers waiting for their batches: reading, decoding, assembling, as far as
 *     it was not done ahead
 * @param serialise the workers cutting the states that they reached into slices for others to fetch
 * @param aggregate the averaging tasks fetching the slices and averaging them (shared over the
 *     slots; never more than the round has left beside its other parts and its slowest worker), and
 *     the driver waiting for its copy of a state
 * @param broadcast the driver sending its state out at the start of an epoch, and the workers
 *     fetching a round's start into their networks; in the first round that an executor sees, also
 *     building the network
 * @param idle the rest: slots without batches or waiting for a core, for the slowest worker and for
 *     Spark's scheduling
 */
public record RoundTimes(
    long compute, long readWait, long serialise, long aggregate, long broadcast, long idle) {

  /** Of no rounds. */
  static final RoundTimes NONE = new RoundTimes(0, 0, 0, 0, 0, 0);

  /** What the driver and the averaging tasks measured of a round. */
  record Driver(long wallNanos, long broadcastNanos, long collectNanos, long averagingNanos) {}

  /**
   * The times of a round.
   *
   * @param slots averaging workers of the stage; as many as tasks at least
   * @param tasks of the workers that had batches
   */
  static RoundTimes of(int slots, List<TaskReport> tasks, Driver driver) {
    long slowest = tasks.stream().mapToLong(TaskReport::nanos).max().orElse(0);
    // Parts are capped by what is left of the wall time: clocks of several machines do not agree
    // to the nanosecond.
    Rest rest = new Rest(driver.wallNanos());
    long broadcasting = rest.take(driver.broadcastNanos());
    long collecting = rest.take(driver.collectNanos());
    Rest ofSlots = new Rest(rest.left);
    long compute = ofSlots.take(mean(slots, tasks, task -> task.work().computeNanos()));
    long readWait = ofSlots.take(mean(slots, tasks, task -> task.work().readNanos()));
    long fetching = ofSlots.take(mean(slots, tasks, TaskReport::stateNanos));
    long serialise = ofSlots.take(mean(slots, tasks, TaskReport::serialiseNanos));
    rest.take(slowest);
    long averaging = ofSlots.take(rest.take(driver.averagingNanos() / slots));
    return new RoundTimes(
        compute,
        readWait,
        serialise,
        averaging + collecting,
        broadcasting + fetching,
        ofSlots.left);
  }

  private static long mean(int slots, List<TaskReport> tasks, ToLongFunction<TaskReport> part) {
    return tasks.stream().mapToLong(part).sum() / slots;
  }

  /** All parts together: the wall time of the round. */
  long wall() {
    return compute + readWait + serialise + aggregate + broadcast + idle;
  }

  /** Part by part, of rounds one after the other. */
  RoundTimes plus(RoundTimes other) {
    return new RoundTimes(
        compute + other.compute,
        readWait + other.readWait,
        serialise + other.serialise,
        aggregate + other.aggregate,
        broadcast + other.broadcast,
        idle + other.idle);
  }

  /** What is left of a time to share out. */
  private static final class Rest {
    private long left;

    Rest(long nanos) {
      left = nanos;
    }

    /** The wanted time, or what is left if that is less. */
    long take(long wanted) {
      long taken = Math.min(wanted, left);
      left -= taken;
      return taken;
    }
  }
}
