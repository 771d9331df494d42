package io.cogaze.train.plan;

import java.util.Optional;

/**
 * Best checkpoint, plateau and early stopping as a pure state machine. A plateau drop goes back to
 * the schedule state of the best epoch, with the lower rate: with patience 40 and no improvement
 * after epoch b the rate drops at b + 41 and b + 82.
 */
public record Schedule(
    Selection selection, Optional<PlateauSettings> plateau, int earlyStoppingPatience) {

  /**
   * Where the schedule stands after an epoch.
   *
   * @param learningRate the rate of the next epoch
   * @param bestEpoch the epoch of the best value, 0 before the first
   * @param bestValue the best value of the selection metric, NaN before the first and where the
   *     validation examples cannot tell
   * @param plateauValue the value that the plateau counter compares with, NaN before the first
   * @param badEpochs epochs since the plateau counter last saw an improvement
   * @param plateauValueAtBest {@code plateauValue} as it was after the best epoch
   * @param badEpochsAtBest {@code badEpochs} as it was after the best epoch
   */
  public record State(
      double learningRate,
      int bestEpoch,
      double bestValue,
      double plateauValue,
      int badEpochs,
      double plateauValueAtBest,
      int badEpochsAtBest) {}

  /**
   * What follows from an epoch.
   *
   * @param improved whether this epoch is the best so far
   * @param reloadBest whether the next epoch starts from the best checkpoint
   * @param stop why the stage ends, or empty when it goes on
   */
  public record Step(State state, boolean improved, boolean reloadBest, Optional<String> stop) {}

  /** The state before the first epoch. */
  public State start(double learningRate) {
    return new State(learningRate, 0, Double.NaN, Double.NaN, 0, Double.NaN, 0);
  }

  /** The state after an epoch, counted from 1, with the given value of the selection metric. */
  public Step after(State state, int epoch, double value) {
    boolean improved = selection.improves(value, state.bestValue(), 0);
    double threshold = plateau.map(PlateauSettings::threshold).orElse(0.0);
    boolean onPlateau = !selection.improves(value, state.plateauValue(), threshold);
    double rate = state.learningRate();
    double plateauValue = onPlateau ? state.plateauValue() : value;
    int badEpochs = onPlateau ? state.badEpochs() + 1 : 0;
    boolean dropped = plateau.isPresent() && badEpochs > plateau.get().patience();
    if (dropped) {
      rate *= plateau.get().factor();
      badEpochs = 0;
    }
    int bestEpoch = improved ? epoch : state.bestEpoch();
    double bestValue = improved ? value : state.bestValue();
    double plateauValueAtBest = improved ? plateauValue : state.plateauValueAtBest();
    int badEpochsAtBest = improved ? badEpochs : state.badEpochsAtBest();
    boolean reload = dropped && plateau.get().reloadBest() && !improved && bestEpoch > 0;
    if (reload) {
      plateauValue = plateauValueAtBest;
      badEpochs = badEpochsAtBest;
    }
    State next =
        new State(
            rate,
            bestEpoch,
            bestValue,
            plateauValue,
            badEpochs,
            plateauValueAtBest,
            badEpochsAtBest);
    return new Step(next, improved, reload, stopReason(next, epoch));
  }

  /**
   * The state after an epoch that the validation examples cannot judge: the newest epoch counts as
   * the best, and neither plateau nor early stopping move.
   */
  public Step afterUnjudged(State state, int epoch) {
    State next =
        new State(
            state.learningRate(),
            epoch,
            Double.NaN,
            state.plateauValue(),
            state.badEpochs(),
            state.plateauValueAtBest(),
            state.badEpochsAtBest());
    return new Step(next, true, false, Optional.empty());
  }

  private Optional<String> stopReason(State state, int epoch) {
    if (plateau.isPresent() && state.learningRate() < plateau.get().minimumLearningRate()) {
      return Optional.of(
          "the learning rate "
              + state.learningRate()
              + " fell below the minimum "
              + plateau.get().minimumLearningRate());
    }
    if (epoch - state.bestEpoch() >= earlyStoppingPatience) {
      return Optional.of(
          "no better value for "
              + earlyStoppingPatience
              + " epochs, since epoch "
              + state.bestEpoch());
    }
    return Optional.empty();
  }
}
