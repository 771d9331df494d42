package io.cogaze.jobs.bench;

import io.cogaze.error.RunException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.storage.BlockUpdatedInfo;

/** Adds up the bytes that Spark's own metrics report. */
public final class TrafficListener extends SparkListener {
  private static final String DRIVER = "driver";
  private static final long WAIT_MS = 20_000;

  private static final Pattern PIECE = Pattern.compile("broadcast_\\d+_piece\\d+");

  private final Map<String, Long> byExecutor = new HashMap<>();
  private final Set<String> seen = new HashSet<>();
  private long shuffleWritten;
  private long shuffleRead;
  private long results;
  private long broadcastPut;
  private long broadcastFetched;
  private long gcMs;
  private long serialiseMs;
  private long shuffleWriteNanos;
  private long taskMs;
  private long jobs;

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    TaskMetrics metrics = end.taskMetrics();
    if (metrics == null) {
      return;
    }
    long written = metrics.shuffleWriteMetrics().bytesWritten();
    long read = metrics.shuffleReadMetrics().totalBytesRead();
    shuffleWritten += written;
    shuffleRead += read;
    results += metrics.resultSize();
    gcMs += metrics.jvmGCTime();
    serialiseMs += metrics.resultSerializationTime();
    shuffleWriteNanos += metrics.shuffleWriteMetrics().writeTime();
    taskMs += metrics.executorRunTime();
    byExecutor.merge(end.taskInfo().executorId(), written + read + metrics.resultSize(), Long::sum);
  }

  @Override
  public synchronized void onBlockUpdated(SparkListenerBlockUpdated update) {
    BlockUpdatedInfo block = update.blockUpdatedInfo();
    long bytes = block.memSize() + block.diskSize();
    // A removal keeps the sizes of what is removed.
    if (bytes == 0
        || !block.storageLevel().isValid()
        || !PIECE.matcher(block.blockId().name()).matches()) {
      return;
    }
    String executor = block.blockManagerId().executorId();
    if (!seen.add(executor + " " + block.blockId().name())) {
      // It moved from memory to disk.
      return;
    }
    if (executor.equals(DRIVER)) {
      broadcastPut += bytes;
    } else {
      broadcastFetched += bytes;
      byExecutor.merge(executor, bytes, Long::sum);
    }
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd end) {
    jobs++;
    notifyAll();
  }

  /**
   * What was counted since the last call, once so many jobs more have ended. Errors: {@link
   * RunException} when they do not.
   */
  public synchronized RoundTraffic take(long jobsToEnd) {
    long deadline = System.nanoTime() + WAIT_MS * 1_000_000;
    try {
      while (jobs < jobsToEnd) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new RunException(
              "Cannot count: Spark reported " + jobs + " of " + jobsToEnd + " jobs in time.");
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for Spark's counters", e);
    }
    RoundTraffic taken =
        new RoundTraffic(
            shuffleWritten,
            shuffleRead,
            results,
            broadcastPut,
            broadcastFetched,
            byExecutor.values().stream().mapToLong(Long::longValue).max().orElse(0),
            gcMs / 1e3,
            serialiseMs / 1e3,
            shuffleWriteNanos / 1e9,
            taskMs / 1e3);
    shuffleWritten = 0;
    shuffleRead = 0;
    results = 0;
    broadcastPut = 0;
    broadcastFetched = 0;
    gcMs = 0;
    serialiseMs = 0;
    shuffleWriteNanos = 0;
    taskMs = 0;
    jobs = 0;
    byExecutor.clear();
    seen.clear();
    return taken;
  }
}
