package io.cogaze.train.spark;

import io.cogaze.train.merge.Delta16;
import io.cogaze.train.step.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Slices in full, written and read by the description in {@link StateSlice} alone, so that its own
 * code is measured against something else.
 */
final class SliceBytes {
  private static final int HEADER = 40;

  private SliceBytes() {}

  static byte[] cut(TrainingState state, int index, int count, StateSlice.Origin origin) {
    float[] variances = part(state.variances(), index, count);
    float[] updater = part(state.updater(), index, count);
    float[] learned = part(state.learned(), index, count);
    float[] means = part(state.means(), index, count);
    int values = variances.length + updater.length + learned.length + means.length;
    ByteBuffer slice =
        ByteBuffer.allocate(HEADER + Float.BYTES * values).order(ByteOrder.LITTLE_ENDIAN);
    slice.putInt(origin.worker()).putLong(origin.examples()).putLong(origin.updaterExamples());
    slice.putInt(0);
    slice.putInt(learned.length).putInt(means.length);
    slice.putInt(variances.length).putInt(updater.length);
    for (float[] section : List.of(variances, updater, learned, means)) {
      for (float value : section) {
        slice.putFloat(value);
      }
    }
    return slice.array();
  }

  /** All slices of a state. */
  static List<byte[]> cut(TrainingState state, int count, StateSlice.Origin origin) {
    List<byte[]> slices = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      slices.add(cut(state, index, count, origin));
    }
    return slices;
  }

  /** The state of all slices in order. */
  static TrainingState join(List<byte[]> slices, int iteration, int epoch) {
    float[][] whole = {{}, {}, {}, {}};
    for (byte[] bytes : slices) {
      ByteBuffer slice = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(24);
      int learned = slice.getInt();
      int means = slice.getInt();
      int[] lengths = {slice.getInt(), slice.getInt(), learned, means};
      for (int section = 0; section < lengths.length; section++) {
        float[] values = whole[section];
        int before = values.length;
        values = Arrays.copyOf(values, before + lengths[section]);
        for (int i = before; i < values.length; i++) {
          values[i] = slice.getFloat();
        }
        whole[section] = values;
      }
    }
    return new TrainingState(whole[2], whole[3], whole[0], whole[1], iteration, epoch);
  }

  /** {@link StateSlice#average} of arrays. */
  static byte[] average(List<byte[]> slices, Supplier<byte[]> start) {
    List<ByteBuffer> buffers = slices.stream().map(ByteBuffer::wrap).toList();
    byte[] average = new byte[StateSlice.averagedBytes(buffers.get(0))];
    StateSlice.average(
        buffers,
        () -> ByteBuffer.wrap(start.get()),
        ByteBuffer.wrap(average).order(ByteOrder.LITTLE_ENDIAN));
    return average;
  }

  /** Cuts lie at whole blocks of differences. */
  private static float[] part(float[] values, int index, int count) {
    int blocks = (values.length + Delta16.BLOCK - 1) / Delta16.BLOCK;
    int from = Math.min(values.length, index * blocks / count * Delta16.BLOCK);
    int to = Math.min(values.length, (index + 1) * blocks / count * Delta16.BLOCK);
    return Arrays.copyOfRange(values, from, to);
  }
}
