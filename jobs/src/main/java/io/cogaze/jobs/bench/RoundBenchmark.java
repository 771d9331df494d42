package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.kernel.NativeLibrary;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.train.plan.UpdaterSettings;
import io.cogaze.train.spark.BatchTraining;
import io.cogaze.train.spark.RoundSummary;
import io.cogaze.train.step.StageDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an averaging round costs besides computing: the rounds of an epoch of a network, and before
 * and after it gloo all-reduces of as many bytes between as many processes on the same machine.
 */
public final class RoundBenchmark {
  private static final Logger LOG = LoggerFactory.getLogger(RoundBenchmark.class);
  private static final double LEARNING_RATE = 1e-4;
  private static final int ALL_REDUCES = 3;

  private final JavaSparkContext context;
  private final Settings settings;

  /**
   * What is measured.
   *
   * @param batches of each worker in a round
   * @param rounds that count, in the midst of an epoch; the one before them does not, and the last
   *     one, which has the driver wait for the state, is told apart
   * @param slices parts into which states are cut; 0: as it fits their size
   * @param trained whether workers train; if not, rounds carry the state and nothing else
   * @param simulatedExamples of a manifest whose index and plan the driver holds meanwhile; 0: none
   * @param peer whether there is an all-reduce to compare with
   * @param cache folder for the Python environment and logs
   * @param python an interpreter that has PyTorch
   */
  public record Settings(
      BenchCase subject,
      int workers,
      int batches,
      int rounds,
      int slices,
      int threads,
      boolean trained,
      int simulatedExamples,
      boolean peer,
      Path cache,
      Optional<String> python) {

    /**
     * Errors: {@link ConfigurationException} for a number that is too small, or too many threads.
     */
    public Settings {
      if (workers < 1
          || batches < 1
          || rounds < 1
          || slices < 0
          || simulatedExamples < 0
          || threads < 1) {
        throw new ConfigurationException(
            "--workers, --batches, --rounds and --threads must be at least 1 and --slices at least"
                + " 0, but are "
                + List.of(workers, batches, rounds, threads, slices)
                + ".");
      }
      BenchThreads.require("--threads", threads);
    }
  }

  public RoundBenchmark(JavaSparkContext context, Settings settings) {
    this.context = context;
    this.settings = settings;
  }

  /** Measures; rounds are handed over at the end, with the all-reduces to compare them with. */
  public List<MeasuredRound> run(Consumer<MeasuredRound> listener) throws java.io.IOException {
    Optional<PythonPeer> peer =
        settings.peer()
            ? Optional.of(
                PythonPeer.ready(
                    PythonPeer.ALL_REDUCE, settings.cache(), settings.python(), Optional.empty()))
            : Optional.empty();
    NativeLibrary.prepare();
    StageDefinition definition = definition();
    int rounds = 1 + settings.rounds() + 1;
    List<RoundSummary> summaries = new ArrayList<>();
    List<Long> heapMb = new ArrayList<>();
    List<Double> allReduces = new ArrayList<>();
    SimulatedManifest manifest =
        SimulatedManifest.of(
            settings.simulatedExamples(),
            settings.workers(),
            settings.subject().batch(),
            settings.batches());
    Path logs = Files.createDirectories(settings.cache().resolve("logs").resolve("round"));
    try (HeapWatch heap = new HeapWatch();
        BatchTraining training =
            new BatchTraining(
                context, definition, settings.slices(), settings.batches(), settings.trained())) {
      long bytes = training.network().stateBytes();
      peer.ifPresent(known -> allReduces.addAll(allReduce(known, bytes, logs)));
      JavaRDD<MultiDataSet> batches =
          RepeatedBatch.of(
              context, settings.subject(), settings.workers(), rounds * settings.batches());
      training.epoch(
          batches,
          summary -> {
            LOG.info(
                "round {} of {}: {} s, compute {} s; {}",
                summary.round(),
                rounds,
                text(summary.seconds()),
                text(summary.slowestComputeSeconds()),
                summary.times());
            summaries.add(summary);
            heapMb.add(heap.mostMb());
          });
      peer.ifPresent(known -> allReduces.addAll(allReduce(known, bytes, logs)));
      if (settings.simulatedExamples() > 0) {
        LOG.info(
            "held a plan of {} examples in {} tokens of {} characters",
            manifest.index().size(),
            manifest.tokens().size(),
            manifest.tokenCharacters());
      }
    }
    Collections.sort(allReduces);
    List<MeasuredRound> measured = new ArrayList<>();
    for (int round = 1; round < rounds; round++) {
      RoundSummary summary = summaries.get(round);
      MeasuredRound done =
          new MeasuredRound(
              settings.subject().toString(),
              settings.workers(),
              settings.batches(),
              round,
              round == rounds - 1,
              settings.trained(),
              summary,
              allReduces.isEmpty()
                  ? Optional.empty()
                  : Optional.of(allReduces.get(allReduces.size() / 2)),
              heapMb.get(round));
      measured.add(done);
      listener.accept(done);
    }
    return measured;
  }

  /** The processes live for one turn only: they hold as much memory as a worker. */
  private List<Double> allReduce(PythonPeer peer, long bytes, Path logs) {
    try (Child child = Child.start("allreduce", peer.command(), settings.threads(), logs)) {
      child.prepare(
          new ObjectMapper()
              .createObjectNode()
              .put("command", "prepare")
              .put("bytes", bytes)
              .put("processes", settings.workers())
              .put("threads", settings.threads()));
      return List.copyOf(child.run(ALL_REDUCES));
    }
  }

  private StageDefinition definition() {
    BenchCase subject = settings.subject();
    NetworkSize size = subject.network();
    NetworkSpec spec = size.spec(subject.height(), subject.width());
    return new StageDefinition(
        "benchmark of rounds",
        "benchmark",
        spec,
        size.heads(),
        size.parts(spec),
        new UpdaterSettings(UpdaterSettings.Kind.ADAM, LEARNING_RATE),
        TripletOptions.defaults(),
        IntStream.range(0, size.classes()).mapToObj(c -> "class " + c).toList(),
        1,
        1,
        settings.threads());
  }

  /** One made-up batch for each output of a network, in the order of its outputs. */
  static MultiDataSet batch(BenchCase subject) {
    NativeLibrary.prepare();
    List<INDArray> labels = new ArrayList<>();
    for (Head head : RepeatedBatch.outputs(subject)) {
      labels.add(head == Head.SALIENCY ? Batches.saliency(subject) : Batches.classes(subject));
    }
    return Batches.of(Batches.image(subject), labels, subject.batch());
  }

  private static String text(double seconds) {
    return String.format(Locale.ROOT, "%.3f", seconds);
  }
}
