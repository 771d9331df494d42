package io.cogaze.jobs;

import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.jobs.bench.Alone;
import io.cogaze.jobs.bench.BenchCase;
import io.cogaze.jobs.bench.BenchFolder;
import io.cogaze.jobs.bench.Comparison;
import io.cogaze.jobs.bench.EngineBenchmark;
import io.cogaze.jobs.bench.Phase;
import io.cogaze.jobs.bench.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** CoGaze against PyTorch. */
@Command(
    name = "engine",
    header = "Times a training step and inference of each network, in CoGaze and in PyTorch eager.",
    description = {
      "CoGaze and PyTorch in both memory formats take turns in one run, each in a process of its own, with the same",
      "threads, batch and number of parameters, and Adam. The ratio is the faster format's time over CoGaze's: 2 means",
      "twice as many images a second. Memory is the largest resident size of each process (VmHWM).",
      "The first time, a Python environment with PyTorch is made under --cache, from PyPI or what PIP_INDEX_URL names."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze bench engine --case cooperative:320x256:2 --phase train",
    })
final class BenchEngineCommand extends AbstractCommand {
  @Option(
      names = "--case",
      paramLabel = "NETWORK:HxW:BATCH",
      description =
          "What to measure; may be repeated (default: cooperative:320x256:2, densenet121:224x224:8,"
              + " densenet201:224x224:8, mt-unet:320x256:2).")
  private List<String> cases = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Native threads of each side (default: the number of cores).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Mixin private IsaOption isa;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Turns of each side (default: ${DEFAULT-VALUE}).")
  private int pairs;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "3",
      description = "Steps of a turn, of which the median counts (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--phase",
      paramLabel = "PHASE",
      defaultValue = "both",
      description = "train, inference or both (default: ${DEFAULT-VALUE}).")
  private String phase;

  @Option(
      names = "--stock",
      description =
          "Also one step of the network made of Deeplearning4j's own layers, for reference; in the"
              + " table and in Parquet, not in JSON.")
  private boolean stock;

  @Option(
      names = "--alone",
      description =
          "CoGaze without PyTorch, for machines that have none: prints a line for each case and"
              + " phase, and writes no table.")
  private boolean alone;

  @Mixin private BenchOutput output;

  @Mixin private PeerOptions peer;

  @Option(
      names = "--peer-script",
      paramLabel = "FILE",
      hidden = true,
      description = "Another peer than the project's, for its tests.")
  private String peerScript;

  @Option(
      names = "--tiny",
      hidden = true,
      description = "Measures copies with a handful of channels: proves the way, not the speed.")
  private boolean tiny;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::measure;
  }

  private void measure() throws Exception {
    List<BenchCase> subjects = new ArrayList<>();
    for (String text : cases.isEmpty() ? BenchCase.DEFAULTS : cases) {
      BenchCase subject = BenchCase.parse(text);
      subjects.add(tiny ? subject.tiny() : subject);
    }
    List<Phase> phases = phases(phase);
    EngineBenchmark.Settings settings =
        new EngineBenchmark.Settings(
            threads,
            isa.chosen(),
            pairs,
            steps,
            stock,
            alone,
            peer.cache(),
            peer.python(),
            Optional.ofNullable(peerScript).map(Path::of),
            List.of(Main.class.getName(), "bench", "worker"));
    if (alone) {
      measureAlone(EngineBenchmark.open(settings), subjects, phases);
    } else {
      compare(settings, subjects, phases);
    }
  }

  private void measureAlone(
      EngineBenchmark benchmark, List<BenchCase> subjects, List<Phase> phases) {
    if (stock) {
      throw new ConfigurationException(
          "--stock stands beside PyTorch, and --alone leaves it out: give one of them.");
    }
    for (BenchCase subject : subjects) {
      for (Phase chosen : phases) {
        Alone measured = benchmark.alone(subject, chosen);
        out().println(output.json() ? measured.toJson() : measured);
        out().flush();
      }
    }
  }

  private void compare(
      EngineBenchmark.Settings settings, List<BenchCase> subjects, List<Phase> phases)
      throws Exception {
    BenchFolder folder = output.folder();

    EngineBenchmark benchmark = EngineBenchmark.open(settings);
    List<Comparison> comparisons = new ArrayList<>();
    for (BenchCase subject : subjects) {
      for (Phase chosen : phases) {
        Comparison comparison = benchmark.compare(subject, chosen);
        comparisons.add(comparison);
        if (output.json()) {
          out().println(comparison.toJson());
          out().flush();
        }
        // After each: a case that fails does not take the others with it.
        folder.write("engine", Comparison.tables(comparisons));
      }
    }
    if (!output.json()) {
      TextTable.print(out(), comparisons);
      out().println("Tables: " + folder);
      out().flush();
    }
  }

  /** Errors: {@link ConfigurationException} for another name. */
  static List<Phase> phases(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "train" -> List.of(Phase.TRAIN);
      case "inference" -> List.of(Phase.INFERENCE);
      case "both" -> List.of(Phase.TRAIN, Phase.INFERENCE);
      default ->
          throw new ConfigurationException(
              "--phase is '" + name + "', but must be train, inference or both.");
    };
  }
}
