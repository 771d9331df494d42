package io.cogaze.train.spark;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkEnv;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory of an executor's process when a worker had done its part of a round, in bytes.
 *
 * @param executor Spark's id of the executor; {@code driver} where tasks run in the driver
 * @param host where it runs
 * @param heapUsed of the Java heap, garbage included
 * @param heapMax what the Java heap may grow to
 * @param nativeArrays off-heap arrays that ND4J holds, as JavaCPP counts them; states on their way
 *     are not among them where processes share their memory
 * @param resident of the process (Linux's VmRSS), or {@link #UNKNOWN}
 * @param residentPeak the most so far (VmHWM), or {@link #UNKNOWN}
 */
public record ExecutorMemory(
    String executor,
    String host,
    long heapUsed,
    long heapMax,
    long nativeArrays,
    long resident,
    long residentPeak) {
  /** Stands for what the operating system does not tell. */
  static final long UNKNOWN = -1;

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern LINE = Pattern.compile("(?m)^(VmRSS|VmHWM):\\s+(\\d+) kB$");
  private static final long KIBI = 1024;

  /** Of this process, now. */
  static ExecutorMemory now() {
    SparkEnv spark = SparkEnv.get();
    Runtime java = Runtime.getRuntime();
    Map<String, Long> process = process(status());
    return new ExecutorMemory(
        spark.executorId(),
        spark.blockManager().blockManagerId().host(),
        java.totalMemory() - java.freeMemory(),
        java.maxMemory(),
        Pointer.totalBytes(),
        process.getOrDefault("VmRSS", UNKNOWN),
        process.getOrDefault("VmHWM", UNKNOWN));
  }

  /** VmRSS and VmHWM in bytes of the text of Linux's /proc/PID/status; nothing of other text. */
  static Map<String, Long> process(String status) {
    Map<String, Long> found = new TreeMap<>();
    Matcher line = LINE.matcher(status);
    while (line.find()) {
      found.put(line.group(1), Long.parseLong(line.group(2)) * KIBI);
    }
    return found;
  }

  private static String status() {
    if (!Files.isReadable(STATUS)) {
      return "";
    }
    try {
      return Files.readString(STATUS);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + STATUS, e);
    }
  }

  /** One entry an executor, each value the largest of its workers', in the order of the ids. */
  static List<ExecutorMemory> ofExecutors(List<ExecutorMemory> ofWorkers) {
    Map<String, ExecutorMemory> byExecutor = new TreeMap<>();
    ofWorkers.forEach(memory -> byExecutor.merge(memory.executor(), memory, ExecutorMemory::most));
    return byExecutor.values().stream()
        .sorted(
            Comparator.comparingInt((ExecutorMemory memory) -> memory.executor().length())
                .thenComparing(ExecutorMemory::executor))
        .toList();
  }

  private ExecutorMemory most(ExecutorMemory other) {
    return new ExecutorMemory(
        executor,
        host,
        Math.max(heapUsed, other.heapUsed),
        Math.max(heapMax, other.heapMax),
        Math.max(nativeArrays, other.nativeArrays),
        Math.max(resident, other.resident),
        Math.max(residentPeak, other.residentPeak));
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(executor);
    out.writeUTF(host);
    out.writeLong(heapUsed);
    out.writeLong(heapMax);
    out.writeLong(nativeArrays);
    out.writeLong(resident);
    out.writeLong(residentPeak);
  }

  static ExecutorMemory read(DataInputStream in) throws IOException {
    return new ExecutorMemory(
        in.readUTF(),
        in.readUTF(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong());
  }
}
