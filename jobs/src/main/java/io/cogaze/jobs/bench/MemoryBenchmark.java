package io.cogaze.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cogaze.nn.memory.MemoryDemand;
import io.cogaze.nn.memory.MemoryEstimate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures the peak resident memory of steps, each case in a new JVM. */
public final class MemoryBenchmark {
  /** Workspaces have their final size after the second step. */
  private static final int STEPS = 4;

  private static final String TUNABLES = "glibc.malloc.hugetlb=1";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Logger LOG = LoggerFactory.getLogger(MemoryBenchmark.class);

  private final Path logs;
  private final List<String> workerMain;

  /**
   * A measurement.
   *
   * @param engine kernel and native library that computed
   * @param peakMb largest resident memory (VmHWM), MiB
   */
  public record Measured(MemoryCase subject, MemoryDemand demand, String engine, long peakMb) {
    /** As the fit wants it. */
    public MemoryEstimate.Sample sample() {
      return new MemoryEstimate.Sample(demand, peakMb);
    }
  }

  /**
   * A benchmark.
   *
   * @param cache folder for logs
   * @param workerMain main class and arguments that lead to {@link Worker#serve}
   */
  public MemoryBenchmark(Path cache, List<String> workerMain) {
    this.workerMain = List.copyOf(workerMain);
    try {
      this.logs = Files.createDirectories(cache.resolve("logs").resolve("memory"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a folder for logs in " + cache, e);
    }
  }

  /** As the launcher starts training: pages of 2 MB count whole when a part of them is touched. */
  private List<String> command() {
    List<String> command = new ArrayList<>(List.of("env", "GLIBC_TUNABLES=" + TUNABLES));
    command.addAll(WorkerJvm.command(workerMain, MemoryEstimate.JVM_OPTIONS));
    return command;
  }

  /** Measures one case. Errors: RunException when its process ends. */
  public Measured measure(MemoryCase subject) {
    try (Child child =
        Child.start(subject.toString().replace(':', '-'), command(), subject.threads(), logs)) {
      JsonNode prepared =
          child.prepare(
              new Order(
                  subject.subject(),
                  subject.threads(),
                  subject.phase(),
                  Order.COGAZE,
                  subject.frozen()));
      child.run(STEPS);
      Measured measured =
          new Measured(
              subject,
              JSON.treeToValue(prepared.required("demand"), MemoryDemand.class),
              prepared.required("engine").asText(),
              child.peakMb());
      LOG.info("{}: peak {} MiB", subject, measured.peakMb());
      return measured;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A worker's answer has no demand", e);
    }
  }
}
