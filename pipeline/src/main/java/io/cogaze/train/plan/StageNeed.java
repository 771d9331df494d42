package io.cogaze.train.plan;

/**
 * What one stage of training is made of, in bytes of float32.
 *
 * @param learned values that learn
 * @param statistics running statistics of what learns
 * @param frozen values of the parts that take part but stay
 * @param carried values of parts that only lie in the checkpoints
 * @param updater state of the optimiser
 * @param stepNativeMb native memory of a task slot's network at work, MiB
 * @param driverNativeMb native memory of the driver's copy of the network, MiB
 * @param features results of the frozen beginning that are kept for each example; 0 where none are
 * @param batch images and labels of one batch
 */
public record StageNeed(
    String stage,
    long learned,
    long statistics,
    long frozen,
    long carried,
    long updater,
    long stepNativeMb,
    long driverNativeMb,
    long features,
    long batch) {

  /** What a round averages. */
  public long state() {
    return learned + statistics + updater;
  }

  /** One checkpoint. */
  public long checkpoint() {
    return state() + frozen + carried;
  }
}
