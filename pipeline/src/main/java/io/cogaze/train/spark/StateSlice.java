package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.merge.Delta16;
import io.cogaze.train.merge.WeightedAverage;
import io.cogaze.train.step.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * A part of a training state, as bytes: one range of the learned parameters, of the optimiser state
 * and of the running statistics (a mean always lies in the same slice as its variance). Workers'
 * states are cut into slices, each slice is averaged by one task, and a state is put together again
 * from averaged slices. Bytes, little-endian: worker (int), examples of the round (long), examples
 * since the optimiser's states were averaged (long), whether learned parameters and means are
 * differences from the round's start in 16 bits (int, 0 or 1), four lengths (int), then the values:
 * variances, optimiser state, learned parameters, means.
 */
final class StateSlice {
  private static final int HEADER_BYTES = 4 + 8 + 8 + 4 + 4 * 4;

  private StateSlice() {}

  /**
   * What a worker says of a state it reached.
   *
   * @param worker the averaging worker
   * @param examples used in the round
   * @param updaterExamples used since the optimiser's states were averaged
   */
  record Origin(int worker, long examples, long updaterExamples) {
    static final Origin DRIVER = new Origin(-1, 0, 0);
  }

  /** A slice in memory; learned parameters and means may be differences. */
  private record Values(
      Origin origin,
      boolean deltas,
      float[] learned,
      float[] means,
      float[] variances,
      float[] updater) {}

  /** Slice {@code index} of {@code count} of a state, in full. */
  static byte[] cut(TrainingState state, int index, int count, Origin origin) {
    return encode(
        origin,
        part(state.learned(), index, count),
        part(state.means(), index, count),
        part(state.variances(), index, count),
        part(state.updater(), index, count));
  }

  /**
   * Slice {@code index} of {@code count} of a state, whose learned parameters and means are sent as
   * 16-bit differences from the round's start; variances and optimiser state in full.
   *
   * @param key of the random numbers that decide on rounding
   */
  static byte[] cutDeltas(
      TrainingState start, TrainingState state, int index, int count, Origin origin, long key) {
    float[] variances = part(state.variances(), index, count);
    float[] updater = part(state.updater(), index, count);
    int learnedFrom = bound(state.learned().length, index, count);
    int learnedTo = bound(state.learned().length, index + 1, count);
    int meansFrom = bound(state.means().length, index, count);
    int meansTo = bound(state.means().length, index + 1, count);
    long bytes =
        HEADER_BYTES
            + (long) Float.BYTES * (variances.length + updater.length)
            + Delta16.bytes(learnedTo - learnedFrom)
            + Delta16.bytes(meansTo - meansFrom);
    byte[] slice = new byte[Math.toIntExact(bytes)];
    ByteBuffer buffer = ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN);
    header(
        buffer,
        origin,
        true,
        learnedTo - learnedFrom,
        meansTo - meansFrom,
        variances.length,
        updater.length);
    put(buffer, variances);
    put(buffer, updater);
    Delta16.write(start.learned(), state.learned(), learnedFrom, learnedTo, key, buffer);
    Delta16.write(start.means(), state.means(), meansFrom, meansTo, ~key, buffer);
    return slice;
  }

  /** All slices of the driver's state. */
  static byte[][] cut(TrainingState state, int count) {
    byte[][] slices = new byte[count][];
    for (int index = 0; index < count; index++) {
      slices[index] = cut(state, index, count, Origin.DRIVER);
    }
    return slices;
  }

  /** The state of all slices in order. */
  static TrainingState join(List<byte[]> slices, int iteration, int epoch) {
    List<Values> decoded = slices.stream().map(StateSlice::decode).toList();
    return new TrainingState(
        joined(decoded.stream().map(Values::learned).toList()),
        joined(decoded.stream().map(Values::means).toList()),
        joined(decoded.stream().map(Values::variances).toList()),
        joined(decoded.stream().map(Values::updater).toList()),
        iteration,
        epoch);
  }

  /**
   * The average of the workers' same slice, in the order of the worker index whatever the order
   * they come in. Errors: {@link RunException} when a worker is there twice.
   *
   * @param start the same slice of the round's start, which differences are added to
   */
  static byte[] average(Iterable<byte[]> slices, Supplier<byte[]> start) {
    List<Values> ordered = new ArrayList<>();
    slices.forEach(slice -> ordered.add(decode(slice)));
    ordered.sort((a, b) -> Integer.compare(a.origin().worker(), b.origin().worker()));
    for (int i = 1; i < ordered.size(); i++) {
      if (ordered.get(i).origin().worker() == ordered.get(i - 1).origin().worker()) {
        throw new RunException(
            "Cannot average: worker "
                + ordered.get(i).origin().worker()
                + " delivered its result twice. Start the run again; it goes on from the last"
                + " checkpoint");
      }
    }
    double[] weights = weights(ordered, Origin::examples);
    List<float[]> learned = ordered.stream().map(Values::learned).toList();
    List<float[]> means = ordered.stream().map(Values::means).toList();
    float[] averagedLearned = WeightedAverage.average(learned, weights);
    if (ordered.get(0).deltas()) {
      Values from = decode(start.get());
      averagedLearned = sum(from.learned(), averagedLearned);
      means = means.stream().map(delta -> sum(from.means(), delta)).toList();
    }
    return encode(
        new Origin(
            Origin.DRIVER.worker(),
            ordered.stream().mapToLong(slice -> slice.origin().examples()).sum(),
            0),
        averagedLearned,
        WeightedAverage.average(means, weights),
        WeightedAverage.mixtureVariance(
            means, ordered.stream().map(Values::variances).toList(), weights),
        WeightedAverage.average(
            ordered.stream().map(Values::updater).toList(),
            weights(ordered, Origin::updaterExamples)));
  }

  /** The number of examples that a slice is over. */
  static long examples(byte[] slice) {
    return ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN).getLong(4);
  }

  private static double[] weights(List<Values> slices, ToLongFunction<Origin> examples) {
    return WeightedAverage.weights(
        slices.stream().map(Values::origin).mapToLong(examples).toArray());
  }

  private static float[] sum(float[] start, float[] difference) {
    if (start.length != difference.length) {
      throw new IllegalStateException(
          "A slice of " + difference.length + " differences is from " + start.length + " values");
    }
    float[] sum = new float[start.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) ((double) start[i] + difference[i]);
    }
    return sum;
  }

  /** Cuts lie at whole blocks of {@link Delta16}, so that rounding does not depend on them. */
  private static int bound(int length, int index, int count) {
    long blocks = (length + Delta16.BLOCK - 1L) / Delta16.BLOCK;
    return (int) Math.min(length, index * blocks / count * Delta16.BLOCK);
  }

  private static float[] part(float[] values, int index, int count) {
    return Arrays.copyOfRange(
        values, bound(values.length, index, count), bound(values.length, index + 1, count));
  }

  private static float[] joined(List<float[]> parts) {
    float[] whole = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  /** The bytes of values in full. */
  static byte[] encode(
      Origin origin, float[] learned, float[] means, float[] variances, float[] updater) {
    long floats = (long) learned.length + means.length + variances.length + updater.length;
    byte[] slice = new byte[Math.toIntExact(HEADER_BYTES + Float.BYTES * floats)];
    ByteBuffer buffer = ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN);
    header(buffer, origin, false, learned.length, means.length, variances.length, updater.length);
    put(buffer, variances);
    put(buffer, updater);
    put(buffer, learned);
    put(buffer, means);
    return slice;
  }

  /** The optimiser's state of bytes in full. */
  static OwnUpdater ownUpdater(byte[] bytes) {
    Values values = decode(bytes);
    return new OwnUpdater(values.origin(), values.updater());
  }

  private static void header(ByteBuffer buffer, Origin origin, boolean deltas, int... lengths) {
    buffer.putInt(origin.worker()).putLong(origin.examples()).putLong(origin.updaterExamples());
    buffer.putInt(deltas ? 1 : 0);
    for (int length : lengths) {
      buffer.putInt(length);
    }
  }

  private static void put(ByteBuffer buffer, float[] values) {
    FloatBuffer body = buffer.asFloatBuffer();
    body.put(values);
    buffer.position(buffer.position() + Float.BYTES * values.length);
  }

  private static Values decode(byte[] slice) {
    ByteBuffer buffer = ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN);
    Origin origin = new Origin(buffer.getInt(), buffer.getLong(), buffer.getLong());
    boolean deltas = buffer.getInt() == 1;
    int learned = buffer.getInt();
    int means = buffer.getInt();
    float[] variances = new float[buffer.getInt()];
    float[] updater = new float[buffer.getInt()];
    get(buffer, variances);
    get(buffer, updater);
    return new Values(
        origin,
        deltas,
        values(buffer, learned, deltas),
        values(buffer, means, deltas),
        variances,
        updater);
  }

  private static float[] values(ByteBuffer buffer, int length, boolean deltas) {
    if (deltas) {
      return Delta16.read(buffer, length);
    }
    float[] values = new float[length];
    get(buffer, values);
    return values;
  }

  private static void get(ByteBuffer buffer, float[] values) {
    FloatBuffer body = buffer.asFloatBuffer();
    body.get(values);
    buffer.position(buffer.position() + Float.BYTES * values.length);
  }
}
