package io.cogaze.train.spark;

import io.cogaze.nn.network.Head;
import io.cogaze.run.StatusLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how a stage gets on, and collects its metrics. Epochs go to the driver's log; rounds to the
 * {@link StatusLine}, or to the log too where nobody watches that.
 */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  /** The metric of wall time. */
  static final String SECONDS = "seconds";

  private static final String TRAIN = "train";
  private static final long MEBI = 1 << 20;

  private final String run;
  private final String stage;
  private final int epochs;
  private final List<Head> heads;
  private final LongSupplier clock;
  private final TimeLeft timeLeft;
  private final List<MetricRow> rows = new ArrayList<>();
  private final List<RoundSummary> rounds = new ArrayList<>();
  private final List<RoundRow> roundRows = new ArrayList<>();
  private final List<Long> roundEnds = new ArrayList<>();
  private final List<MemoryRow> memory = new ArrayList<>();
  private String lastRound = "";
  private String lastLeft = "";

  /**
   * @param epochs of the stage, if none stops it early
   * @param clock milliseconds since 1970, for event files only
   */
  Progress(String run, String stage, int epochs, List<Head> heads, LongSupplier clock) {
    this.run = run;
    this.stage = stage;
    this.epochs = epochs;
    this.heads = heads;
    this.clock = clock;
    this.timeLeft = new TimeLeft(epochs);
  }

  /** A round has ended. */
  void round(RoundSummary round) {
    rounds.add(round);
    roundEnds.add(clock.getAsLong());
    double secondsLeft = timeLeft.after(round);
    roundRows.add(RoundRow.of(run, stage, round, secondsLeft));
    ExecutorMemory.ofExecutors(round.tasks().stream().map(TaskReport::memory).toList())
        .forEach(
            ofExecutor ->
                memory.add(new MemoryRow(run, stage, round.epoch(), round.round(), ofExecutor)));
    add(round.epoch(), round.round(), "loss", round.loss(), round.examples());
    for (int head = 0; head < heads.size(); head++) {
      add(round.epoch(), round.round(), lossOf(head), round.headLoss(head), round.examples());
    }
    add(round.epoch(), round.round(), SECONDS, round.seconds(), round.examples());
    lastLeft = duration(secondsLeft);
    say(round);
  }

  private void say(RoundSummary round) {
    String speed =
        format(
            "%.1f examples/s, speed-up %.2f of %d",
            round.examplesPerSecond(), round.speedUp(), round.tasks().size());
    lastRound =
        format(
            "  loss %.4f  %s  %s left at most", round.loss(), speed.replace(", ", "  "), lastLeft);
    boolean watched = show(round.epoch(), format("round %d/%d", round.round(), round.rounds()));
    if (!watched) {
      StringBuilder losses = new StringBuilder();
      for (int head = 0; heads.size() > 1 && head < heads.size(); head++) {
        losses.append(format(", %s %.4f", Validation.name(heads.get(head)), round.headLoss(head)));
      }
      LOG.info(
          "stage {} epoch {}/{} round {}/{}: loss {}{}, {}, {} left at most; {}",
          stage,
          round.epoch(),
          epochs,
          round.round(),
          round.rounds(),
          format("%.4f", round.loss()),
          losses,
          speed,
          lastLeft,
          parts(round.times()));
    }
  }

  /** The first round of an epoch is under way. */
  void training(int epoch) {
    timeLeft.epochBegins();
    show(epoch, "training");
  }

  /** An epoch is being validated. */
  void validating(int epoch) {
    show(epoch, "validation");
  }

  /** Epochs of one round are validated at once, so every step shows what the last round gave. */
  private boolean show(int epoch, String step) {
    return StatusLine.show(format("%s  epoch %d/%d  %s%s", stage, epoch, epochs, step, lastRound));
  }

  /** The stage is over, or has failed. */
  static void over() {
    StatusLine.show("");
  }

  /** An epoch has been validated; gives and forgets what it left. */
  EpochRows epoch(
      int epoch, Map<String, Validation.Value> validation, double learningRate, boolean best) {
    long examples = rounds.stream().mapToLong(RoundSummary::examples).sum();
    double seconds = rounds.stream().mapToDouble(RoundSummary::seconds).sum();
    double computed = rounds.stream().mapToDouble(RoundSummary::computeSeconds).sum();
    double loss = mean(RoundSummary::loss);
    add(epoch, 0, "loss", loss, examples);
    for (int head = 0; head < heads.size(); head++) {
      int index = head;
      add(epoch, 0, lossOf(head), mean(round -> round.headLoss(index)), examples);
    }
    add(epoch, 0, "learning_rate", learningRate, examples);
    add(epoch, 0, SECONDS, seconds, examples);
    add(epoch, 0, "examples_per_second", examples / seconds, examples);
    add(epoch, 0, "speed_up", computed / seconds, examples);
    validation.forEach(
        (metric, value) ->
            rows.add(
                new MetricRow(
                    run, stage, epoch, 0, "valid", metric, value.value(), value.examples())));
    StringBuilder text = new StringBuilder();
    validation.forEach((metric, value) -> text.append(format(", %s %.4f", metric, value.value())));
    LOG.info(
        "stage {} epoch {}/{}: train loss {}, {} examples; validation{}{}",
        stage,
        epoch,
        epochs,
        format("%.4f", loss),
        examples,
        text.length() == 0 ? "" : text.substring(1),
        best ? " (best so far)" : "");
    LOG.info(
        "stage {} epoch {}/{}: {} examples/s, speed-up {}{}; {}; {}",
        stage,
        epoch,
        epochs,
        format("%.1f", examples / seconds),
        format("%.2f", computed / seconds),
        epoch < epochs ? ", " + lastLeft + " left at most" : "",
        parts(rounds.stream().map(RoundSummary::times).reduce(RoundTimes.NONE, RoundTimes::plus)),
        memoryText());
    EpochRows ofEpoch =
        new EpochRows(
            epoch,
            List.copyOf(rows),
            List.copyOf(roundRows),
            List.copyOf(roundEnds),
            List.copyOf(memory),
            clock.getAsLong());
    rows.clear();
    rounds.clear();
    roundRows.clear();
    roundEnds.clear();
    memory.clear();
    return ofEpoch;
  }

  /** The rounds of the epoch so far. */
  List<RoundSummary> rounds() {
    return List.copyOf(rounds);
  }

  /** Mean over the examples of the rounds. */
  private double mean(ToDoubleFunction<RoundSummary> value) {
    double sum = 0;
    long examples = 0;
    for (RoundSummary round : rounds) {
      sum += value.applyAsDouble(round) * round.examples();
      examples += round.examples();
    }
    return sum / examples;
  }

  private void add(int epoch, int round, String metric, double value, long n) {
    rows.add(new MetricRow(run, stage, epoch, round, TRAIN, metric, value, n));
  }

  private String lossOf(int head) {
    return "loss_" + Validation.name(heads.get(head));
  }

  /** The parts of a round's time as shares of the whole. */
  private static String parts(RoundTimes times) {
    double percent = 100.0 / times.wall();
    return format(
        "compute %.1f %%, read-wait %.1f %%, serialise %.1f %%, aggregate %.1f %%,"
            + " broadcast %.1f %%, idle %.1f %% of %.1f s",
        times.compute() * percent,
        times.readWait() * percent,
        times.serialise() * percent,
        times.aggregate() * percent,
        times.broadcast() * percent,
        times.idle() * percent,
        times.wall() / 1e9);
  }

  private String memoryText() {
    long heap = memory.stream().mapToLong(row -> row.memory().heapUsed()).max().orElse(0);
    long arrays = memory.stream().mapToLong(row -> row.memory().nativeArrays()).max().orElse(0);
    long resident = memory.stream().mapToLong(row -> row.memory().residentPeak()).max().orElse(0);
    return format(
        "memory of an executor up to %d MiB heap, %d MiB native arrays%s",
        heap / MEBI,
        arrays / MEBI,
        resident > 0 ? format(", %d MiB resident", resident / MEBI) : "");
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 120
        ? whole + " s"
        : whole < 7200 ? whole / 60 + " min" : whole / 3600 + " h " + whole / 60 % 60 + " min";
  }
}
