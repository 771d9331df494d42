package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.RunException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares CoGaze with PyTorch eager in both memory formats. The three live side by side, each in
 * its own process for one case and phase, and take turns, so that whatever else the machine does
 * meets all of them; from pair to pair the order turns round.
 */
public final class EngineBenchmark {
  /** Steps before the clock counts: caches and pools are filled, and the JVM has compiled. */
  private static final int WARM_UP = 5;

  private static final Logger LOG = LoggerFactory.getLogger(EngineBenchmark.class);

  private final Settings settings;
  private final Optional<PythonPeer> peer;

  /**
   * How to measure.
   *
   * @param threads native threads of each side
   * @param isa what each side may use of the processor
   * @param pairs turns of each side
   * @param steps of a turn; its median counts
   * @param stock whether Deeplearning4j's own layers do a step, too
   * @param alone whether CoGaze is measured without PyTorch
   * @param cache folder for the Python environment and for logs
   * @param python an interpreter that has PyTorch
   * @param peerScript another peer than the project's
   * @param workerMain main class and arguments that lead to {@link Worker#serve}
   */
  public record Settings(
      int threads,
      InstructionSet isa,
      int pairs,
      int steps,
      boolean stock,
      boolean alone,
      Path cache,
      Optional<String> python,
      Optional<Path> peerScript,
      List<String> workerMain) {

    /** Errors: {@link ConfigurationException} for a number below 1, or for too many threads. */
    public Settings {
      if (threads < 1 || pairs < 1 || steps < 1) {
        throw new ConfigurationException(
            "--threads, --pairs and --steps must be at least 1, but are "
                + threads
                + ", "
                + pairs
                + " and "
                + steps
                + ".");
      }
      BenchThreads.require("--threads", threads);
      workerMain = List.copyOf(workerMain);
    }
  }

  private EngineBenchmark(Settings settings, Optional<PythonPeer> peer) {
    this.settings = settings;
    this.peer = peer;
  }

  /** Makes the peer ready, if there is to be one; which may take minutes the first time. */
  public static EngineBenchmark open(Settings settings) {
    if (!Files.isReadable(Path.of("/proc/self/status"))) {
      throw new RunException(
          "Cannot measure memory: the benchmark reads Linux's /proc, which this system has not.");
    }
    return new EngineBenchmark(
        settings,
        settings.alone()
            ? Optional.empty()
            : Optional.of(
                PythonPeer.ready(
                    PythonPeer.ENGINE,
                    settings.cache(),
                    settings.python(),
                    settings.peerScript())));
  }

  /**
   * Measures one case in one phase.
   *
   * <p>Errors: {@link RunException} when the sides' networks have different numbers of parameters,
   * or one of them ends.
   */
  public Comparison compare(BenchCase subject, Phase phase) {
    Comparison comparison = sideBySide(subject, phase);
    return settings.stock() ? comparison.with(stock(subject, phase)) : comparison;
  }

  /**
   * Measures CoGaze alone in one case and phase, as often as beside PyTorch.
   *
   * <p>Errors: {@link RunException} when its process ends.
   */
  public Alone alone(BenchCase subject, Phase phase) {
    try (Child child =
        child(
            Order.COGAZE,
            WorkerJvm.command(settings.workerMain(), settings.isa()),
            logs(subject, phase))) {
      JsonNode prepared = child.prepare(order(subject, phase, Order.COGAZE));
      double first = child.run(WARM_UP).get(0);
      List<List<Double>> turns = new ArrayList<>();
      for (int pair = 0; pair < settings.pairs(); pair++) {
        turns.add(child.run(settings.steps()));
      }
      return new Alone(
          subject,
          settings.threads(),
          phase,
          new Side(Order.COGAZE, prepared.path("engine").asText(), first, turns, child.peakMb()));
    }
  }

  /** One step after the first, when nobody else computes. */
  private Side stock(BenchCase subject, Phase phase) {
    try (Child child =
        child(
            Order.STOCK,
            WorkerJvm.command(settings.workerMain(), settings.isa()),
            logs(subject, phase))) {
      JsonNode prepared = child.prepare(order(subject, phase, Order.STOCK));
      double first = child.run(1).get(0);
      List<Double> second = child.run(1);
      return new Side(
          Order.STOCK, prepared.path("engine").asText(), first, List.of(second), child.peakMb());
    }
  }

  private Comparison sideBySide(BenchCase subject, Phase phase) {
    Path logs = logs(subject, phase);
    try (Child cogaze =
            child(Order.COGAZE, WorkerJvm.command(settings.workerMain(), settings.isa()), logs);
        Child contiguous = child(Order.CONTIGUOUS, peer.orElseThrow().command(), logs);
        Child channelsLast = child(Order.CHANNELS_LAST, peer.orElseThrow().command(), logs)) {
      Map<String, Child> sides = new LinkedHashMap<>();
      sides.put(Order.COGAZE, cogaze);
      sides.put(Order.CONTIGUOUS, contiguous);
      sides.put(Order.CHANNELS_LAST, channelsLast);
      Map<String, JsonNode> prepared = new LinkedHashMap<>();
      for (Map.Entry<String, Child> side : sides.entrySet()) {
        prepared.put(side.getKey(), side.getValue().prepare(order(subject, phase, side.getKey())));
      }
      long parameters = sameParameters(subject, prepared);
      Map<String, Double> first = new LinkedHashMap<>();
      sides.forEach((name, child) -> first.put(name, child.run(WARM_UP).get(0)));
      Map<String, List<List<Double>>> turns = takeTurns(subject, phase, sides);
      Map<String, Side> measured = new LinkedHashMap<>();
      sides.forEach(
          (name, child) ->
              measured.put(
                  name,
                  new Side(
                      name,
                      prepared.get(name).path("engine").asText(),
                      first.get(name),
                      turns.get(name),
                      child.peakMb())));
      return new Comparison(
          subject,
          settings.threads(),
          phase,
          parameters,
          measured.get(Order.COGAZE),
          measured.get(Order.CONTIGUOUS),
          measured.get(Order.CHANNELS_LAST),
          Optional.empty());
    }
  }

  private Map<String, List<List<Double>>> takeTurns(
      BenchCase subject, Phase phase, Map<String, Child> sides) {
    List<String> order = new ArrayList<>(sides.keySet());
    Map<String, List<List<Double>>> turns = new LinkedHashMap<>();
    order.forEach(name -> turns.put(name, new ArrayList<>()));
    for (int pair = 1; pair <= settings.pairs(); pair++) {
      StringBuilder line = new StringBuilder();
      for (String name : order) {
        List<Double> seconds = sides.get(name).run(settings.steps());
        turns.get(name).add(seconds);
        line.append(String.format(Locale.ROOT, " %s %.3f s", name, Side.median(seconds)));
      }
      LOG.info("{} {}, pair {} of {}:{}", subject, phase.label(), pair, settings.pairs(), line);
      java.util.Collections.reverse(order);
    }
    return turns;
  }

  private static long sameParameters(BenchCase subject, Map<String, JsonNode> prepared) {
    Map<String, Long> counts = new LinkedHashMap<>();
    prepared.forEach((name, answer) -> counts.put(name, answer.path("parameters").asLong()));
    if (counts.values().stream().distinct().count() != 1) {
      throw new RunException(
          "Cannot compare "
              + subject
              + ": the sides' networks differ in the number of parameters: "
              + counts
              + "."
              + "\n  cause: the definition in CoGaze and that of the peer's script are not the same"
              + "\n  fix:   bring them together; a time of different networks says nothing");
    }
    return counts.get(Order.COGAZE);
  }

  private Order order(BenchCase subject, Phase phase, String engine) {
    return new Order(subject, settings.threads(), phase, engine, List.of());
  }

  private Child child(String name, List<String> command, Path logs) {
    return Child.start(name, command, settings.threads(), settings.isa(), logs);
  }

  private Path logs(BenchCase subject, Phase phase) {
    try {
      return Files.createDirectories(
          settings
              .cache()
              .resolve("logs")
              .resolve(subject.toString().replace(':', '-') + "-" + phase.label()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a folder for logs in " + settings.cache(), e);
    }
  }
}
