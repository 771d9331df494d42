package io.cogaze.train.spark;

import io.cogaze.nn.network.Head;
import io.cogaze.run.StatusLine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says how a stage gets on, and collects its metrics. Epochs go to the driver's log; rounds to the
 * {@link StatusLine}, or to the log too where nobody watches that.
 */
final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final String TRAIN = "train";

  private final String run;
  private final String stage;
  private final int epochs;
  private final List<Head> heads;
  private final List<MetricRow> rows = new ArrayList<>();
  private final List<RoundSummary> rounds = new ArrayList<>();
  private String lastRound = "";
  private double secondsSeen;
  private long roundsSeen;

  Progress(String run, String stage, int epochs, List<Head> heads) {
    this.run = run;
    this.stage = stage;
    this.epochs = epochs;
    this.heads = heads;
  }

  /** A round has ended. */
  void round(RoundSummary round) {
    rounds.add(round);
    secondsSeen += round.seconds();
    roundsSeen++;
    long left = (long) (epochs - round.epoch()) * round.rounds() + round.rounds() - round.round();
    StringBuilder losses = new StringBuilder();
    for (int head = 0; head < heads.size(); head++) {
      losses.append(
          String.format(
              Locale.ROOT, ", %s %.4f", Validation.name(heads.get(head)), round.headLoss(head)));
    }
    String loss = String.format(Locale.ROOT, "%.4f", round.loss());
    String rate = String.format(Locale.ROOT, "%.1f", round.examples() / round.seconds());
    String timeLeft = duration(left * secondsSeen / roundsSeen);
    lastRound =
        String.format(
            Locale.ROOT, "  loss %s  %s examples/s  %s left at most", loss, rate, timeLeft);
    boolean watched =
        show(
            round.epoch(),
            String.format(Locale.ROOT, "round %d/%d", round.round(), round.rounds()));
    if (!watched) {
      LOG.info(
          "stage {} epoch {}/{} round {}/{}: loss {}{}, {} examples/s, {} left at most",
          stage,
          round.epoch(),
          epochs,
          round.round(),
          round.rounds(),
          loss,
          losses,
          rate,
          timeLeft);
    }
    add(round.epoch(), round.round(), "loss", round.loss(), round.examples());
    for (int head = 0; head < heads.size(); head++) {
      String name = "loss_" + Validation.name(heads.get(head));
      add(round.epoch(), round.round(), name, round.headLoss(head), round.examples());
    }
    add(round.epoch(), round.round(), "seconds", round.seconds(), round.examples());
    add(round.epoch(), round.round(), "seconds_compute", round.computeSeconds(), round.examples());
    add(round.epoch(), round.round(), "seconds_read", round.readSeconds(), round.examples());
    add(round.epoch(), round.round(), "bytes_driver", (double) round.bytesThroughDriver(), 1);
  }

  /** The first round of an epoch is under way. */
  void training(int epoch) {
    show(epoch, "training");
  }

  /** An epoch is being validated. */
  void validating(int epoch) {
    show(epoch, "validation");
  }

  /** Epochs of one round are validated at once, so every step shows what the last round gave. */
  private boolean show(int epoch, String step) {
    return StatusLine.show(
        String.format(Locale.ROOT, "%s  epoch %d/%d  %s%s", stage, epoch, epochs, step, lastRound));
  }

  /** The stage is over, or has failed. */
  static void over() {
    StatusLine.show("");
  }

  /** An epoch has been validated; gives and forgets the epoch's rows. */
  List<MetricRow> epoch(
      int epoch,
      java.util.Map<String, Validation.Value> validation,
      double learningRate,
      boolean best) {
    long examples = rounds.stream().mapToLong(RoundSummary::examples).sum();
    double loss =
        rounds.stream().mapToDouble(round -> round.loss() * round.examples()).sum() / examples;
    double seconds = rounds.stream().mapToDouble(RoundSummary::seconds).sum();
    add(epoch, 0, "loss", loss, examples);
    add(epoch, 0, "learning_rate", learningRate, examples);
    add(epoch, 0, "seconds", seconds, examples);
    validation.forEach(
        (metric, value) ->
            rows.add(
                new MetricRow(
                    run, stage, epoch, 0, "valid", metric, value.value(), value.examples())));
    StringBuilder text = new StringBuilder();
    validation.forEach(
        (metric, value) ->
            text.append(String.format(Locale.ROOT, ", %s %.4f", metric, value.value())));
    LOG.info(
        "stage {} epoch {}/{}: train loss {}, {} examples in {}; validation{}{}",
        stage,
        epoch,
        epochs,
        String.format(Locale.ROOT, "%.4f", loss),
        examples,
        duration(seconds),
        text.length() == 0 ? "" : text.substring(1),
        best ? " (best so far)" : "");
    List<MetricRow> ofEpoch = List.copyOf(rows);
    rows.clear();
    rounds.clear();
    return ofEpoch;
  }

  /** The rounds of the epoch so far. */
  List<RoundSummary> rounds() {
    return List.copyOf(rounds);
  }

  private void add(int epoch, int round, String metric, double value, long n) {
    rows.add(new MetricRow(run, stage, epoch, round, TRAIN, metric, value, n));
  }

  private static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole < 120
        ? whole + " s"
        : whole < 7200 ? whole / 60 + " min" : whole / 3600 + " h " + whole / 60 % 60 + " min";
  }
}
