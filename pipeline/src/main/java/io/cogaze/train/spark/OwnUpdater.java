package io.cogaze.train.spark;

/**
 * The state of a worker's own optimiser between two rounds.
 *
 * @param origin whose it is, and how many examples it has seen since the states were averaged
 * @param values as in {@link io.cogaze.train.step.TrainingState#updater}
 */
record OwnUpdater(StateSlice.Origin origin, float[] values) {
  private static final float[] NONE = {};

  /** Examples used since the states were averaged. */
  long examples() {
    return origin.updaterExamples();
  }

  byte[] toBytes() {
    return StateSlice.encode(origin, NONE, NONE, NONE, values);
  }

  static OwnUpdater of(byte[] bytes) {
    return StateSlice.ownUpdater(bytes);
  }
}
