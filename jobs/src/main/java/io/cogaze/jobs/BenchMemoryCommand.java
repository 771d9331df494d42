package io.cogaze.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.cogaze.config.CogazeConfig;
import io.cogaze.config.ConfigBinder;
import io.cogaze.error.ConfigurationException;
import io.cogaze.error.InputException;
import io.cogaze.jobs.bench.BenchFolder;
import io.cogaze.jobs.bench.InstructionSet;
import io.cogaze.jobs.bench.MemoryBenchmark;
import io.cogaze.jobs.bench.MemoryBenchmark.Measured;
import io.cogaze.jobs.bench.MemoryCase;
import io.cogaze.nn.memory.FittedEstimate;
import io.cogaze.nn.memory.MemoryEstimate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Peak memory of steps, measured, and the estimate that is fitted to it. */
@Command(
    name = "memory",
    header =
        "Measures the peak resident memory of training and inference steps, and fits the estimate.",
    description = {
      "Each case runs in a new JVM with a heap of 1 GiB and no other limit; its peak is the process's VmHWM after four steps.",
      "Without --case, what the estimate is fitted to; --held-out: what it is tested on."
    },
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  cogaze bench memory --case cooperative:320x256:2:train:2",
    })
final class BenchMemoryCommand extends AbstractCommand {
  /** The estimate lies at least this share above everything that it is fitted to. */
  private static final double MARGIN = 0.09;

  @Option(
      names = "--case",
      paramLabel = "NETWORK:HxW:BATCH:PHASE:THREADS[:FROZEN]",
      description = "What to measure; may be repeated. FROZEN: parts with commas between.")
  private List<String> cases = new ArrayList<>();

  @Option(names = "--held-out", description = "Measures what was not used to fit the estimate.")
  private boolean heldOut;

  @Option(
      names = "--fit",
      paramLabel = "FILE",
      description = "Fits the estimate to what is measured and writes its factors here, as JSON.")
  private String fit;

  @Option(
      names = "--estimate",
      paramLabel = "FILE",
      description =
          "Shows what the factors of an earlier --fit say beside what is measured (default: those"
              + " of this version).")
  private String estimate;

  @Mixin private IsaOption isa;

  @Mixin private BenchOutput output;

  @Option(
      names = "--cache",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description = "Folder for logs, on this machine (default: ${DEFAULT-VALUE}).")
  private String cache;

  @Option(
      names = "--tiny",
      hidden = true,
      description = "Measures copies with a handful of channels.")
  private boolean tiny;

  @Override
  Work prepare(CogazeConfig config, ConfigBinder binder) {
    return this::measure;
  }

  private void measure() throws Exception {
    if (heldOut && !cases.isEmpty()) {
      throw new ConfigurationException("--held-out names cases itself: leave --case out.");
    }
    if (fit != null && isa.chosen() != InstructionSet.NATIVE) {
      throw new ConfigurationException(
          "--fit takes the measurements of all that the processor has: leave --isa out.");
    }
    if (heldOut && fit != null) {
      throw new ConfigurationException(
          "--fit would make the held-out cases useless as a test: leave --held-out out.");
    }
    Optional<Path> factors = Optional.ofNullable(fit).map(BenchMemoryCommand::writable);
    List<String> chosen =
        cases.isEmpty() ? (heldOut ? MemoryCase.HELD_OUT : MemoryCase.FITTED) : cases;
    List<MemoryCase> subjects = new ArrayList<>();
    for (String text : chosen) {
      MemoryCase subject = MemoryCase.parse(text);
      subjects.add(tiny ? subject.tiny() : subject);
    }
    FittedEstimate known = estimate == null ? FittedEstimate.committed() : read(Path.of(estimate));
    BenchFolder folder = output.folder();

    MemoryBenchmark benchmark =
        new MemoryBenchmark(
            Path.of(cache).toAbsolutePath(),
            isa.chosen(),
            List.of(Main.class.getName(), "bench", "worker"));
    List<Measured> measured = new ArrayList<>();
    for (MemoryCase subject : subjects) {
      measured.add(benchmark.measure(subject));
      folder.write("memory", List.of(MemoryBenchmark.table(measured)));
    }
    if (factors.isPresent()) {
      known =
          new FittedEstimate(
              measured.get(0).engine(),
              MemoryEstimate.JVM_OPTIONS,
              MemoryEstimate.fit(measured.stream().map(Measured::sample).toList(), MARGIN));
      Files.writeString(factors.get(), known.toJson());
    }
    if (output.json()) {
      for (Measured row : measured) {
        out().println(row.toJson(known.factors()));
      }
    } else {
      print(measured, known.factors());
      out().println("Table: " + folder);
    }
    out().flush();
  }

  /** The file of --fit, before minutes of measuring end in a folder that is not there. */
  private static Path writable(String fit) {
    Path file = Path.of(fit).toAbsolutePath();
    if (fit.isBlank() || Files.isDirectory(file)) {
      throw new ConfigurationException("--fit '" + fit + "' is no name of a file.");
    }
    if (!Files.isDirectory(file.getParent()) || !Files.isWritable(file.getParent())) {
      throw new InputException(
          "Cannot write --fit "
              + fit
              + ": there is no folder "
              + file.getParent()
              + ", or it cannot be written");
    }
    return file;
  }

  private static FittedEstimate read(Path file) {
    try {
      return FittedEstimate.parse(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new InputException("Cannot read --estimate " + file + ": there is no such file", e);
    } catch (JsonProcessingException e) {
      throw new InputException(
          "Cannot read --estimate " + file + ": it holds no factors that --fit wrote", e);
    } catch (IOException e) {
      throw new InputException("Cannot read --estimate " + file + ": " + e.getMessage(), e);
    }
  }

  private void print(List<Measured> measured, MemoryEstimate estimate) {
    out()
        .println(
            String.format(
                Locale.ROOT, "  %-52s %9s %9s %7s", "MiB", "measured", "estimate", "above"));
    for (Measured row : measured) {
      long peak = estimate.peakMb(row.demand());
      out()
          .println(
              String.format(
                  Locale.ROOT,
                  "  %-52s %9d %9d %7s",
                  row.subject(),
                  row.peakMb(),
                  peak,
                  String.format(Locale.ROOT, "%.1f %%", 100.0 * peak / row.peakMb() - 100)));
    }
  }
}
