package io.cogaze.nn.memory;

/**
 * About how long a network's steps take on a processor core: linear in what its {@link
 * ComputeDemand} names. The factors were fitted to twelve measurements on two cores with AVX-512
 * and oneDNN's kernels (networks of 0.02 to 85 GMAC an example) and are within 30 % of each; the
 * documentation lists them. Other cores take other times: it tells minutes from days.
 */
public final class TimeEstimate {
  private static final double GIGA = 1e9;

  /** Forward and backward pass and the optimiser's step. */
  private static final double TRAIN_S_PER_GMAC = 0.0084;

  private static final double TRAIN_S_PER_GB = 0.98;

  private static final double INFERENCE_S_PER_GMAC = 0.0040;
  private static final double INFERENCE_S_PER_GB = 0.185;

  private TimeEstimate() {}

  /** Seconds of one native thread for an example of a training step. */
  public static double trainingSeconds(ComputeDemand demand) {
    return learningSeconds(demand) + inference(demand.frozenMacs(), demand.frozenBytes());
  }

  /** The part of {@link #trainingSeconds} of what has a gradient. */
  public static double learningSeconds(ComputeDemand demand) {
    return TRAIN_S_PER_GMAC * demand.learnedMacs() / GIGA
        + TRAIN_S_PER_GB * demand.learnedBytes() / GIGA;
  }

  /** Seconds of one native thread for an example of inference. */
  public static double inferenceSeconds(ComputeDemand demand) {
    return inference(
        demand.learnedMacs() + demand.frozenMacs(), demand.learnedBytes() + demand.frozenBytes());
  }

  /** The part of {@link #inferenceSeconds} of what has a gradient in training. */
  public static double learnedInferenceSeconds(ComputeDemand demand) {
    return inference(demand.learnedMacs(), demand.learnedBytes());
  }

  private static double inference(long macs, long bytes) {
    return INFERENCE_S_PER_GMAC * macs / GIGA + INFERENCE_S_PER_GB * bytes / GIGA;
  }
}
