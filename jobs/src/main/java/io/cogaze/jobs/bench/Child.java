package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.RunException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One side of a comparison, as a process that takes orders on standard input. Its time is its own
 * monotonic clock's, its memory what Linux says about it: both sides alike.
 */
final class Child implements AutoCloseable {
  /** What an answer begins with; other lines on standard output are not answers. */
  static final String PREFIX = "cogaze-bench ";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");
  private static final int SHOWN_LINES = 15;
  private static final int SIGKILL_CODE = 137;
  private static final int END_SECONDS = 30;

  private final String name;
  private final Path log;
  private final Process process;
  private final BufferedWriter orders;
  private final BufferedReader answers;

  private Child(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
    this.orders =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Starts a process.
   *
   * @param threads native threads that it may use
   * @param logs folder for what it writes to standard error
   */
  static Child start(String name, List<String> command, int threads, Path logs) {
    return start(name, command, threads, InstructionSet.NATIVE, logs);
  }

  /**
   * Starts a process that is held to a set of instructions, as far as its environment can do that.
   */
  static Child start(
      String name, List<String> command, int threads, InstructionSet isa, Path logs) {
    Path log = logs.resolve(name + ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    for (String variable : List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS")) {
      builder.environment().put(variable, Integer.toString(threads));
    }
    builder.environment().putAll(isa.environment());
    try {
      return new Child(name, log, builder.start());
    } catch (IOException e) {
      throw new RunException(
          "Cannot start the benchmark's " + name + " side: " + e.getMessage(), e);
    }
  }

  /** Builds the network. The answer has {@code parameters} and {@code engine}. */
  JsonNode prepare(Order order) {
    return prepare(order.toJson());
  }

  /** Gets ready by an order of another form. */
  JsonNode prepare(ObjectNode order) {
    return ask(order);
  }

  /** Seconds of each of some steps. */
  List<Double> run(int steps) {
    JsonNode answer = ask(JSON.createObjectNode().put("command", "run").put("steps", steps));
    List<Double> seconds = new ArrayList<>();
    answer.path("seconds").forEach(value -> seconds.add(value.asDouble()));
    if (seconds.size() != steps) {
      throw new RunException(
          "Cannot measure: the "
              + name
              + " side was asked for "
              + steps
              + " steps, said "
              + answer);
    }
    return seconds;
  }

  /** Largest resident memory that the process ever had, in MiB: Linux's VmHWM. */
  long peakMb() {
    try {
      Matcher peak = PEAK.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
      if (!peak.find()) {
        throw new RunException("Cannot read the peak memory of process " + process.pid());
      }
      return Math.round(Long.parseLong(peak.group(1)) / 1024.0);
    } catch (IOException e) {
      throw new RunException(
          "Cannot read the peak memory of the "
              + name
              + " side: "
              + e.getMessage()
              + ". The benchmark needs Linux's /proc.",
          e);
    }
  }

  private JsonNode ask(ObjectNode order) {
    try {
      orders.write(order + "\n");
      orders.flush();
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith(PREFIX)) {
          return JSON.readTree(line.substring(PREFIX.length()));
        }
      }
    } catch (IOException e) {
      throw ended(order, e);
    }
    throw ended(order, null);
  }

  private RunException ended(ObjectNode order, IOException cause) {
    int code = end();
    return new RunException(
        "Cannot measure: the "
            + name
            + " side ended with exit code "
            + code
            + " at the order "
            + order.get("command").asText()
            + ".\n"
            + (code == SIGKILL_CODE
                ? "  cause: it was killed, probably for want of memory\n"
                    + "  fix: a smaller batch or size, or a machine with more memory"
                : "  the end of " + log + ":\n" + lastLines()),
        cause);
  }

  private String lastLines() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
    } catch (IOException e) {
      return "(unreadable: " + e.getMessage() + ")";
    }
  }

  /** Ends the process, which closes its log. */
  private int end() {
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the benchmark's child ends", e);
    }
  }

  @Override
  public void close() {
    try {
      orders.close();
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException("Cannot end the benchmark's " + name + " side", e);
      }
    }
    end();
  }
}
