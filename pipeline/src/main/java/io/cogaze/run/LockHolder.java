package io.cogaze.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Who holds a lock.
 *
 * @param id of this holding, unique
 * @param host name of the machine or container
 * @param kernel boot id and process namespace: process ids of two holders can be compared only
 *     where these are equal, for containers share host names but not processes; empty if unknown
 * @param pid process id
 * @param processStart when the process started, as the operating system says; empty if unknown
 * @param since when the lock was taken, for people
 * @param command what is running, for people
 * @param staleAfterSeconds the holder's own limit
 */
record LockHolder(
    String id,
    String host,
    String kernel,
    long pid,
    String processStart,
    String since,
    String command,
    int staleAfterSeconds) {

  static LockHolder thisProcess(String command, LockSettings settings) {
    ProcessHandle process = ProcessHandle.current();
    return new LockHolder(
        UUID.randomUUID().toString(),
        hostName(),
        ProcessSpace.ofThisProcess(),
        process.pid(),
        startOf(process),
        Instant.now().toString(),
        command,
        settings.lockStaleAfterSeconds());
  }

  /** Empty where the text is cut off: its writer has not finished, or died over it. */
  static Optional<LockHolder> parse(byte[] json) {
    try {
      JsonNode node = Json.parse(json);
      return Optional.of(
          new LockHolder(
              node.path("id").asText(),
              node.path("host").asText(),
              node.path("kernel").asText(),
              node.path("pid").asLong(),
              node.path("process_start").asText(),
              node.path("since").asText(),
              node.path("command").asText(),
              node.path("stale_after_seconds").asInt()));
    } catch (java.io.UncheckedIOException e) {
      return Optional.empty();
    }
  }

  byte[] bytes() {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("id", id);
    node.put("host", host);
    node.put("kernel", kernel);
    node.put("pid", pid);
    node.put("process_start", processStart);
    node.put("since", since);
    node.put("command", command);
    node.put("stale_after_seconds", staleAfterSeconds);
    return Json.bytes(node);
  }

  /** Whether the process ran under this very kernel and is certainly gone. */
  boolean isCertainlyDead() {
    if (kernel.isEmpty()
        || !kernel.equals(ProcessSpace.ofThisProcess())
        || !host.equals(hostName())) {
      return false;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (process.isEmpty()) {
      return true;
    }
    String start = startOf(process.get());
    // Another process may have got the same id since.
    return !start.isEmpty() && !processStart.isEmpty() && !start.equals(processStart);
  }

  private static String startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("unknown host");
    }
  }
}
