package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.merge.WeightedAverage;
import io.cogaze.train.step.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A part of a training state, as bytes: one range of the learned parameters, of the optimiser state
 * and of the running statistics (a mean always lies in the same slice as its variance). Workers'
 * states are cut into slices, each slice is averaged by one task, and a state is put together again
 * from averaged slices. Bytes: worker (int), examples (long), four lengths (int), then the floats,
 * little-endian.
 */
final class StateSlice {
  private static final int HEADER_BYTES = 4 + 8 + 4 * 4;
  private static final int SECTIONS = 4;

  private StateSlice() {}

  /** Slice {@code index} of {@code count} of a state. */
  static byte[] cut(TrainingState state, int index, int count, int worker, long examples) {
    return encode(
        worker,
        examples,
        part(state.learned(), index, count),
        part(state.means(), index, count),
        part(state.variances(), index, count),
        part(state.updater(), index, count));
  }

  /** All slices of the driver's state. */
  static byte[][] cut(TrainingState state, int count) {
    byte[][] slices = new byte[count][];
    for (int index = 0; index < count; index++) {
      slices[index] = cut(state, index, count, -1, 0);
    }
    return slices;
  }

  /** The state of all slices in order. */
  static TrainingState join(List<byte[]> slices, int iteration, int epoch) {
    List<float[][]> decoded = slices.stream().map(StateSlice::decode).toList();
    float[][] sections = new float[SECTIONS][];
    for (int section = 0; section < SECTIONS; section++) {
      int length = 0;
      for (float[][] slice : decoded) {
        length += slice[section].length;
      }
      sections[section] = new float[length];
      int at = 0;
      for (float[][] slice : decoded) {
        System.arraycopy(slice[section], 0, sections[section], at, slice[section].length);
        at += slice[section].length;
      }
    }
    return new TrainingState(sections[0], sections[1], sections[2], sections[3], iteration, epoch);
  }

  /**
   * The average of the workers' same slice, in the order of the worker index whatever the order
   * they come in. Errors: {@link RunException} when a worker is there twice.
   */
  static byte[] average(Iterable<byte[]> slices) {
    List<byte[]> ordered = new ArrayList<>();
    slices.forEach(ordered::add);
    ordered.sort((a, b) -> Integer.compare(worker(a), worker(b)));
    long[] examples = new long[ordered.size()];
    List<float[][]> decoded = new ArrayList<>();
    for (int i = 0; i < examples.length; i++) {
      if (i > 0 && worker(ordered.get(i)) == worker(ordered.get(i - 1))) {
        throw new RunException(
            "Cannot average: worker "
                + worker(ordered.get(i))
                + " delivered its result twice. Start the run again; it goes on from the last"
                + " checkpoint");
      }
      examples[i] = examples(ordered.get(i));
      decoded.add(decode(ordered.get(i)));
    }
    double[] weights = WeightedAverage.weights(examples);
    return encode(
        -1,
        Arrays.stream(examples).sum(),
        WeightedAverage.average(section(decoded, 0), weights),
        WeightedAverage.average(section(decoded, 1), weights),
        WeightedAverage.mixtureVariance(section(decoded, 1), section(decoded, 2), weights),
        WeightedAverage.average(section(decoded, 3), weights));
  }

  /** The number of examples that a slice is over. */
  static long examples(byte[] slice) {
    return ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN).getLong(4);
  }

  private static int worker(byte[] slice) {
    return ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
  }

  private static List<float[]> section(List<float[][]> slices, int section) {
    return slices.stream().map(slice -> slice[section]).toList();
  }

  private static float[] part(float[] values, int index, int count) {
    int from = (int) ((long) index * values.length / count);
    int to = (int) ((long) (index + 1) * values.length / count);
    return Arrays.copyOfRange(values, from, to);
  }

  private static byte[] encode(int worker, long examples, float[]... sections) {
    long floats = 0;
    for (float[] section : sections) {
      floats += section.length;
    }
    int length = Math.toIntExact(HEADER_BYTES + Float.BYTES * floats);
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(worker).putLong(examples);
    for (float[] section : sections) {
      buffer.putInt(section.length);
    }
    FloatBuffer body = buffer.asFloatBuffer();
    for (float[] section : sections) {
      body.put(section);
    }
    return buffer.array();
  }

  private static float[][] decode(byte[] slice) {
    ByteBuffer buffer = ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN);
    buffer.position(4 + 8);
    float[][] sections = new float[SECTIONS][];
    for (int section = 0; section < SECTIONS; section++) {
      sections[section] = new float[buffer.getInt()];
    }
    FloatBuffer body = buffer.asFloatBuffer();
    for (float[] section : sections) {
      body.get(section);
    }
    return sections;
  }
}
