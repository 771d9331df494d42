package io.cogaze.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
  private final InstructionSet isa;
  private final List<String> workerMain;

  /**
   * A measurement.
   *
   * @param engine kernel and native library that computed
   * @param peakMb largest resident memory (VmHWM), MiB
   */
  public record Measured(MemoryCase subject, MemoryDemand demand, String engine, long peakMb) {
    static final JsonTable TABLE =
        new JsonTable("memory", "cogaze_bench_memory")
            .text("network")
            .whole("height", "width", "batch", "threads")
            .text("phase", "frozen")
            .whole("peak_mb")
            .whole("weights", "learned", "kept", "frozen_outputs", "gradients", "live", "largest");

    /** The object that {@code --json} prints: the row of the table and what is estimated, MiB. */
    public ObjectNode toJson(MemoryEstimate estimate) {
      return toRow().put("estimate_mb", estimate.peakMb(demand));
    }

    /** The row of the table: the peak, and what the estimate is made of. */
    ObjectNode toRow() {
      return subject
          .subject()
          .row(subject.threads(), subject.phase())
          .put("frozen", String.join(",", subject.frozen()))
          .put("peak_mb", peakMb)
          .put("weights", demand.weights())
          .put("learned", demand.learned())
          .put("kept", demand.kept())
          .put("frozen_outputs", demand.frozen())
          .put("gradients", demand.gradients())
          .put("live", demand.live())
          .put("largest", demand.largest());
    }

    /** As the fit wants it. */
    public MemoryEstimate.Sample sample() {
      return new MemoryEstimate.Sample(demand, peakMb);
    }
  }

  /**
   * A benchmark.
   *
   * @param cache folder for logs
   * @param isa what the measured processes may use of the processor
   * @param workerMain main class and arguments that lead to {@link Worker#serve}
   */
  public MemoryBenchmark(Path cache, InstructionSet isa, List<String> workerMain) {
    this.isa = isa;
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
    List<String> options = new ArrayList<>(MemoryEstimate.JVM_OPTIONS);
    options.addAll(isa.jvmOptions());
    command.addAll(WorkerJvm.command(workerMain, options));
    return command;
  }

  /** Measures one case. Errors: RunException when its process ends. */
  public Measured measure(MemoryCase subject) {
    try (Child child =
        Child.start(
            subject.toString().replace(':', '-'), command(), subject.threads(), isa, logs)) {
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

  /** The table of measured peaks, with what the estimate is made of. */
  public static JsonTable.Rows table(List<Measured> measured) {
    return Measured.TABLE.rows(measured.stream().map(Measured::toRow));
  }
}
