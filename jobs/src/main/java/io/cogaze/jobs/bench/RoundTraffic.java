package io.cogaze.jobs.bench;

/**
 * What Spark counted between two moments.
 *
 * @param shuffleWritten bytes that tasks wrote for the shuffle, all together
 * @param shuffleRead bytes that tasks read from it, local and remote
 * @param results bytes of results that came to the driver
 * @param broadcastPut bytes of broadcasts that the driver put up, in the form they are sent in
 * @param broadcastFetched bytes of broadcasts that executors fetched
 * @param busiestExecutor most bytes that one executor took in and gave out, of all of the above
 * @param gcSeconds of all tasks, in garbage collection
 * @param serialiseSeconds of all tasks, on serialising results
 * @param shuffleWriteSeconds of all tasks, on writing for the shuffle
 * @param taskSeconds of all tasks
 */
public record RoundTraffic(
    long shuffleWritten,
    long shuffleRead,
    long results,
    long broadcastPut,
    long broadcastFetched,
    long busiestExecutor,
    double gcSeconds,
    double serialiseSeconds,
    double shuffleWriteSeconds,
    double taskSeconds) {

  /** Bytes through the driver: broadcasts out once, results in. */
  public long throughDriver() {
    return broadcastPut + results;
  }
}
