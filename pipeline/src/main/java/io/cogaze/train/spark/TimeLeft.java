package io.cogaze.train.spark;

import java.util.function.LongSupplier;

/**
 * How long a stage will still take if no epoch stops it early: the rounds that are left, at the
 * mean of those seen (without the first, in which executors build their networks, once there are
 * more), and for each epoch that is left the mean time between the last round of an epoch and the
 * start of the next.
 */
final class TimeLeft {
  private static final double NANOS = 1e9;

  private final int epochs;
  private final LongSupplier nanoTime;
  private double firstRound;
  private double laterRounds;
  private long laterCount;
  private boolean anyRound;
  private long lastRoundEnd;
  private double betweenEpochs;
  private int gaps;

  TimeLeft(int epochs) {
    this(epochs, System::nanoTime);
  }

  TimeLeft(int epochs, LongSupplier nanoTime) {
    this.epochs = epochs;
    this.nanoTime = nanoTime;
  }

  /** An epoch begins: what the last one had to do besides its rounds is done. */
  void epochBegins() {
    if (anyRound) {
      betweenEpochs += (nanoTime.getAsLong() - lastRoundEnd) / NANOS;
      gaps++;
    }
  }

  /** Seconds left when a round has just ended. */
  double after(RoundSummary round) {
    lastRoundEnd = nanoTime.getAsLong();
    if (anyRound) {
      laterRounds += round.seconds();
      laterCount++;
    } else {
      firstRound = round.seconds();
      anyRound = true;
    }
    long epochsLeft = (long) epochs - round.epoch();
    long roundsLeft = epochsLeft * round.rounds() + round.rounds() - round.round();
    double ofRound = laterCount == 0 ? firstRound : laterRounds / laterCount;
    double ofGap = gaps == 0 ? 0 : betweenEpochs / gaps;
    return roundsLeft * ofRound + (epochsLeft + 1) * ofGap;
  }
}
