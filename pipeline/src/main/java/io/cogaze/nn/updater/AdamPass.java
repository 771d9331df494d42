package io.cogaze.nn.updater;

import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.kernel.NativeMemory;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Adam (Kingma and Ba, ICLR 2015) over vectors of FLOAT in the host's memory: one pass that reads
 * gradient and both moments and writes the moments and, over the gradient, what is to be subtracted
 * from the parameters. Each value depends on its own place alone, so that the bits are the same
 * whatever the number of threads.
 */
final class AdamPass {
  /** Values by which two roundings are told apart. */
  private static final int SAMPLE = 64;

  private static final float[] GRADIENTS = new float[SAMPLE];
  private static final float[] MOMENTS = new float[2 * SAMPLE];

  static {
    Random random = new Random(1);
    for (int i = 0; i < SAMPLE; i++) {
      GRADIENTS[i] = (float) random.nextGaussian();
      MOMENTS[i] = (float) random.nextGaussian();
      MOMENTS[SAMPLE + i] = (float) Math.abs(random.nextGaussian());
    }
  }

  /** A buffer of Java has at most 2^31 - 1 bytes. */
  private static final long LONGEST_PIECE = 1L << 28;

  private static final Executor HELPERS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "cogaze-updater");
            thread.setDaemon(true);
            return thread;
          });

  /** Values that are worked on at once, in arrays: the JVM's compiler vectorises only those. */
  private static final int CHUNK = 2048;

  /** How ND4J's native library rounds a product that is added to something. */
  enum Rounding {
    /** Not before the sum: its compiler made one instruction of both. */
    FUSED,
    /** By itself. */
    SEPARATE
  }

  /**
   * What a step needs beside the vectors, as {@link org.nd4j.linalg.learning.AdamUpdater} computes
   * it, in its precision.
   *
   * @param beta1 share of the first moment that is kept
   * @param beta2 of the second
   * @param rate learning rate times the correction of both moments' bias
   * @param epsilon added to the root of the second moment before that correction
   * @param divisor of the gradient
   */
  record Constants(float beta1, float beta2, float rate, float epsilon, float divisor) {
    /**
     * @param step number of the step, from 1 on
     */
    static Constants of(Adam adam, double learningRate, int step, int divisor) {
      float beta1 = (float) adam.getBeta1();
      float beta2 = (float) adam.getBeta2();
      float left1 = (float) Math.pow(beta1, step);
      float left2 = (float) Math.pow(beta2, step);
      float scaled = (float) learningRate * (float) Math.sqrt((float) (1.0 - left2));
      return new Constants(
          beta1, beta2, (float) (scaled / (1.0 - left1)), (float) adam.getEpsilon(), divisor);
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
    return NativeMemory.floats(array.data().addressPointer(), from, size).asBuffer();
  }

  /** Moves the moments on and puts the updates in the gradients' place. */
  void run(Rounding rounding, Constants constants, int threads) {
    List<CompletableFuture<Void>> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      long from = length * i / threads;
      long to = length * (i + 1) / threads;
      helpers.add(CompletableFuture.runAsync(() -> range(rounding, constants, from, to), HELPERS));
    }
    try {
      range(rounding, constants, 0, length / threads);
    } finally {
      // Not before all are done may anything become of the memory.
      helpers.forEach(CompletableFuture::join);
      Reference.reachabilityFence(owners);
    }
  }

  /** The values [from, to) of all pieces laid one behind the other. */
  private void range(Rounding rounding, Constants constants, long from, long to) {
    long start = 0;
    for (Piece piece : pieces) {
      long end = start + piece.length;
      if (start < to && end > from) {
        update(
            rounding,
            constants,
            piece,
            (int) (Math.max(from, start) - start),
            (int) (Math.min(to, end) - start));
      }
      start = end;
    }
  }

  /** Goes over values [from, to), a chunk at a time. */
  private static void update(
      Rounding rounding, Constants constants, Piece piece, int from, int to) {
    float[] gradient = new float[CHUNK];
    float[] first = new float[CHUNK];
    float[] second = new float[CHUNK];
    for (int at = from; at < to; at += CHUNK) {
      int count = Math.min(CHUNK, to - at);
      piece.gradient.get(at, gradient, 0, count);
      piece.first.get(at, first, 0, count);
      piece.second.get(at, second, 0, count);
      update(rounding, constants, gradient, first, second, count);
      piece.gradient.put(at, gradient, 0, count);
      piece.first.put(at, first, 0, count);
      piece.second.put(at, second, 0, count);
    }
  }

  private static void update(
      Rounding rounding,
      Constants constants,
      float[] gradient,
      float[] first,
      float[] second,
      int count) {
    if (rounding == Rounding.FUSED) {
      fused(constants, gradient, first, second, count);
    } else {
      separate(constants, gradient, first, second, count);
    }
  }

  /** A loop for each rounding: a choice within one would keep it from being vectorised. */
  private static void fused(
      Constants constants, float[] gradient, float[] first, float[] second, int count) {
    float divisor = constants.divisor;
    float keep1 = constants.beta1;
    float take1 = 1 - keep1;
    float keep2 = constants.beta2;
    float take2 = 1 - keep2;
    float rate = constants.rate;
    float epsilon = constants.epsilon;
    for (int i = 0; i < count; i++) {
      float g = gradient[i] / divisor;
      float m = Math.fma(keep1, first[i], take1 * g);
      float v = Math.fma(keep2, second[i], g * g * take2);
      first[i] = m;
      second[i] = v;
      gradient[i] = m * rate / ((float) Math.sqrt(v) + epsilon);
    }
  }

  /** As {@link #fused}, but for the rounding. */
  private static void separate(
      Constants constants, float[] gradient, float[] first, float[] second, int count) {
    float divisor = constants.divisor;
    float keep1 = constants.beta1;
    float take1 = 1 - keep1;
    float keep2 = constants.beta2;
    float take2 = 1 - keep2;
    float rate = constants.rate;
    float epsilon = constants.epsilon;
    for (int i = 0; i < count; i++) {
      float g = gradient[i] / divisor;
      float m = keep1 * first[i] + take1 * g;
      float v = keep2 * second[i] + g * g * take2;
      first[i] = m;
      second[i] = v;
      gradient[i] = m * rate / ((float) Math.sqrt(v) + epsilon);
    }
  }

  /**
   * The rounding with which a pass gives the same bits as ND4J's own operation in a step, found by
   * comparing some values: nothing where neither does. Asked for each step, because the library's
   * power of a float, which the rate is corrected by, may be off by a unit of the last place.
   *
   * @param iteration steps done before
   */
  static Optional<Rounding> rounding(Adam adam, int iteration, int epoch) {
    INDArray update = vector(GRADIENTS);
    INDArray state = vector(MOMENTS);
    adam.instantiate(state, false).applyUpdater(update, iteration, epoch);
    float[] updates = HostValues.floats(update);
    float[] moments = HostValues.floats(state);
    Constants constants =
        Constants.of(adam, adam.getLearningRate(iteration, epoch), iteration + 1, 1);
    for (Rounding rounding : Rounding.values()) {
      float[] gradient = GRADIENTS.clone();
      float[] first = Arrays.copyOf(MOMENTS, SAMPLE);
      float[] second = Arrays.copyOfRange(MOMENTS, SAMPLE, 2 * SAMPLE);
      update(rounding, constants, gradient, first, second, SAMPLE);
      if (Arrays.equals(gradient, updates)
          && Arrays.equals(first, Arrays.copyOf(moments, SAMPLE))
          && Arrays.equals(second, Arrays.copyOfRange(moments, SAMPLE, 2 * SAMPLE))) {
        return Optional.of(rounding);
      }
    }
    return Optional.empty();
  }

  private static INDArray vector(float[] values) {
    INDArray vector = Nd4j.createUninitialized(DataType.FLOAT, 1, values.length);
    HostValues.write(FloatBuffer.wrap(values), vector, 0);
    return vector;
  }
}
