package io.cogaze.nn.updater;

import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Adam (Kingma and Ba, ICLR 2015) over vectors of FLOAT in the host's memory: one pass that reads
 * gradient and both moments and writes the moments and, over the gradient, what is to be subtracted
 * from the parameters. Each value depends on its own place alone, so that the bits are the same
 * whatever the number of threads.
 */
final class AdamPass {
  /** A buffer of Java has at most 2^31 - 1 bytes. */
  private static final long LONGEST_PIECE = 1L << 28;

  private static final Executor HELPERS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "cogaze-updater");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * What a step needs beside the vectors, as {@link org.nd4j.linalg.learning.AdamUpdater} defines
   * them.
   *
   * @param rate learning rate times the correction of both moments' bias
   * @param epsilon added to the root of the second moment before that correction
   * @param divisor of the gradient
   */
  record Constants(double beta1, double beta2, double rate, double epsilon, double divisor) {
    /**
     * @param step number of the step, from 1 on
     */
    static Constants of(
        double learningRate, double beta1, double beta2, double epsilon, int step, int divisor) {
      double correction = Math.sqrt(1 - Math.pow(beta2, step)) / (1 - Math.pow(beta1, step));
      return new Constants(beta1, beta2, learningRate * correction, epsilon, divisor);
    }
  }

  private record Piece(FloatBuffer gradient, FloatBuffer first, FloatBuffer second, int length) {}

  private final List<Piece> pieces = new ArrayList<>();
  private final List<INDArray> owners = new ArrayList<>();
  private long length;

  /**
   * Adds vectors of one length, each contiguous, of type FLOAT.
   *
   * @param moments the first moments, behind them the second
   */
  void add(INDArray gradient, INDArray moments) {
    long count = gradient.length();
    if (gradient.dataType() != DataType.FLOAT
        || moments.dataType() != DataType.FLOAT
        || moments.length() != 2 * count) {
      throw new IllegalArgumentException(
          "Adam takes FLOAT and twice as many moments as gradients, it was given "
              + count
              + " gradients of "
              + gradient.dataType()
              + " and "
              + moments.length()
              + " moments of "
              + moments.dataType());
    }
    owners.add(gradient);
    owners.add(moments);
    for (long from = 0; from < count; from += LONGEST_PIECE) {
      int size = (int) Math.min(LONGEST_PIECE, count - from);
      pieces.add(
          new Piece(
              buffer(gradient, from, size),
              buffer(moments, from, size),
              buffer(moments, count + from, size),
              size));
    }
    length += count;
  }

  private static FloatBuffer buffer(INDArray array, long from, int size) {
    FloatPointer start = new FloatPointer(array.data().addressPointer());
    return start.getPointer(from).capacity(size).asBuffer();
  }

  /** Moves the moments on and puts the updates in the gradients' place. */
  void run(Constants constants, int threads) {
    List<CompletableFuture<Void>> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      long from = length * i / threads;
      long to = length * (i + 1) / threads;
      helpers.add(CompletableFuture.runAsync(() -> range(constants, from, to), HELPERS));
    }
    try {
      range(constants, 0, length / threads);
    } finally {
      // Not before all are done may anything become of the memory.
      helpers.forEach(CompletableFuture::join);
      Reference.reachabilityFence(owners);
    }
  }

  /** The values [from, to) of all pieces laid one behind the other. */
  private void range(Constants constants, long from, long to) {
    long start = 0;
    for (Piece piece : pieces) {
      long end = start + piece.length;
      if (start < to && end > from) {
        update(
            constants,
            piece.gradient,
            piece.first,
            piece.second,
            (int) (Math.max(from, start) - start),
            (int) (Math.min(to, end) - start));
      }
      start = end;
    }
  }

  private static void update(
      Constants constants,
      FloatBuffer gradient,
      FloatBuffer first,
      FloatBuffer second,
      int from,
      int to) {
    float divisor = (float) constants.divisor;
    float keep1 = (float) constants.beta1;
    float take1 = (float) (1 - constants.beta1);
    float keep2 = (float) constants.beta2;
    float take2 = (float) (1 - constants.beta2);
    float rate = (float) constants.rate;
    float epsilon = (float) constants.epsilon;
    for (int i = from; i < to; i++) {
      float g = gradient.get(i) / divisor;
      float m = keep1 * first.get(i) + take1 * g;
      float v = keep2 * second.get(i) + take2 * g * g;
      first.put(i, m);
      second.put(i, v);
      gradient.put(i, rate * m / ((float) Math.sqrt(v) + epsilon));
    }
  }
}
