package io.cogaze.train.spark;

import io.cogaze.error.RunException;
import io.cogaze.train.merge.Delta16;
import io.cogaze.train.merge.WeightedAverage;
import io.cogaze.train.step.StageNetwork;
import io.cogaze.train.step.StateSection;
import io.cogaze.train.step.TrainingState;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
  private static final int LENGTHS_AT = 4 + 8 + 8 + 4;
  private static final int HEADER_BYTES = LENGTHS_AT + 4 * 4;
  private static final int CHECKED = 4096;
  private static final int EXPONENT_AND_FRACTION = 0x7fff_ffff;
  private static final int INFINITE = 0x7f80_0000;

  /** The sections as they follow each other; the lengths are in the order of their constants. */
  private static final List<StateSection> BODY =
      List.of(
          StateSection.VARIANCES, StateSection.UPDATER, StateSection.LEARNED, StateSection.MEANS);

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

  /** Which sections a slice holds. */
  enum Content {
    /** Everything. */
    WHOLE(true, true),
    /** All but the optimiser's state. */
    WITHOUT_UPDATER(true, false),
    /** The optimiser's state only. */
    UPDATER(false, true);

    private final boolean values;
    private final boolean updater;

    Content(boolean values, boolean updater) {
      this.values = values;
      this.updater = updater;
    }

    private boolean has(StateSection section) {
      return section == StateSection.UPDATER ? updater : values;
    }
  }

  /** Bytes of slice {@code index} of {@code count} of a network's state. */
  static int bytes(StageNetwork network, int index, int count, Content content) {
    long values = 0;
    for (StateSection section : BODY) {
      values += length(network, section, index, count, content);
    }
    return Math.toIntExact(HEADER_BYTES + Float.BYTES * values);
  }

  private static int length(
      StageNetwork network, StateSection section, int index, int count, Content content) {
    int whole = network.length(section);
    return content.has(section) ? bound(whole, index + 1, count) - bound(whole, index, count) : 0;
  }

  /** Writes slice {@code index} of {@code count} of a network's state, straight from its memory. */
  static void cut(
      StageNetwork network,
      int index,
      int count,
      Origin origin,
      Content content,
      ByteBuffer target) {
    header(
        target,
        origin,
        false,
        length(network, StateSection.LEARNED, index, count, content),
        length(network, StateSection.MEANS, index, count, content),
        length(network, StateSection.VARIANCES, index, count, content),
        length(network, StateSection.UPDATER, index, count, content));
    FloatBuffer body = target.asFloatBuffer();
    for (StateSection section : BODY) {
      network.read(
          section,
          bound(network.length(section), index, count),
          next(body, length(network, section, index, count, content)));
    }
  }

  /**
   * Overwrites a network's values by slice {@code index} of {@code count}, straight in its memory;
   * sections that the slice has not stay as they are. Errors: {@link IllegalStateException} when it
   * is a slice of another network.
   */
  static void write(ByteBuffer slice, int index, int count, StageNetwork network) {
    Map<StateSection, FloatBuffer> sections = sections(slice);
    for (StateSection section : BODY) {
      FloatBuffer values = sections.get(section);
      if (!values.hasRemaining()) {
        continue;
      }
      int wanted = length(network, section, index, count, Content.WHOLE);
      if (values.remaining() != wanted) {
        throw new IllegalStateException(
            "Slice %d of %d has %d values of %s, but the network takes %d"
                .formatted(index, count, values.remaining(), section, wanted));
      }
      network.write(section, bound(network.length(section), index, count), values);
    }
  }

  /** Whether parameters and running statistics of a slice in full are finite numbers. */
  static boolean isFinite(ByteBuffer slice) {
    Map<StateSection, FloatBuffer> sections = sections(slice);
    int[] block = new int[CHECKED];
    int at = slice.position() + HEADER_BYTES;
    for (StateSection section : BODY) {
      int length = sections.get(section).remaining();
      IntBuffer bits = little(slice).position(at).asIntBuffer().limit(length);
      if (section != StateSection.UPDATER && !isFinite(bits, block)) {
        return false;
      }
      at += Float.BYTES * length;
    }
    return true;
  }

  /** The exponent of infinities and of what is no number has all bits. */
  private static boolean isFinite(IntBuffer bits, int[] block) {
    int largest = 0;
    while (bits.hasRemaining()) {
      int length = Math.min(block.length, bits.remaining());
      bits.get(block, 0, length);
      for (int i = 0; i < length; i++) {
        largest = Math.max(largest, block[i] & EXPONENT_AND_FRACTION);
      }
    }
    return largest < INFINITE;
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

  /** Bytes of the average of slices like this one. */
  static int averagedBytes(ByteBuffer slice) {
    ByteBuffer header = little(slice);
    long values = 0;
    for (int section = 0; section < BODY.size(); section++) {
      values += header.getInt(header.position() + LENGTHS_AT + Integer.BYTES * section);
    }
    return Math.toIntExact(HEADER_BYTES + Float.BYTES * values);
  }

  /** The most bytes that a slice in full has beside one of this size: cuts lie at whole blocks. */
  static long atMost(long bytes) {
    return bytes + (long) BODY.size() * Delta16.BLOCK * Float.BYTES;
  }

  /**
   * The average of the workers' same slice, in the order of the worker index whatever the order
   * they come in. Errors: {@link RunException} when a worker is there twice.
   *
   * @param start the same slice of the round's start, which differences are added to
   */
  static void average(Iterable<ByteBuffer> slices, Supplier<ByteBuffer> start, ByteBuffer target) {
    List<Version> ordered = new ArrayList<>();
    slices.forEach(slice -> ordered.add(Version.of(slice)));
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
    Version first = ordered.get(0);
    double[] weights = weights(ordered, Origin::examples);
    header(
        little(target),
        new Origin(
            Origin.DRIVER.worker(),
            ordered.stream().mapToLong(slice -> slice.origin().examples()).sum(),
            0),
        false,
        first.learned(),
        first.means(),
        first.variances().remaining(),
        first.updater().remaining());
    Map<StateSection, FloatBuffer> sections = sections(target);
    WeightedAverage.average(
        ordered.stream().map(version -> version.updater().duplicate()).toList(),
        first.updater().hasRemaining() ? weights(ordered, Origin::updaterExamples) : weights,
        sections.get(StateSection.UPDATER));
    List<float[]> means = new ArrayList<>();
    FloatBuffer learned = sections.get(StateSection.LEARNED);
    if (first.deltas()) {
      List<float[]> moved = new ArrayList<>();
      for (Version version : ordered) {
        moved.add(Delta16.read(version.rest(), version.learned()));
        means.add(Delta16.read(version.rest(), version.means()));
      }
      Version from = Version.of(start.get());
      FloatBuffer rest = from.rest().asFloatBuffer();
      learned.put(sum(array(next(rest, from.learned())), WeightedAverage.average(moved, weights)));
      float[] meansFrom = array(next(rest, from.means()));
      means.replaceAll(delta -> sum(meansFrom, delta));
    } else {
      List<FloatBuffer> values = new ArrayList<>();
      for (Version version : ordered) {
        FloatBuffer rest = version.rest().asFloatBuffer();
        values.add(next(rest, version.learned()));
        means.add(array(next(rest, version.means())));
      }
      WeightedAverage.average(values, weights, learned);
    }
    sections.get(StateSection.MEANS).put(WeightedAverage.average(means, weights));
    sections
        .get(StateSection.VARIANCES)
        .put(
            WeightedAverage.mixtureVariance(
                means,
                ordered.stream().map(version -> array(version.variances())).toList(),
                weights));
  }

  /**
   * A worker's slice where it lies.
   *
   * @param learned number of learned parameters
   * @param means number of running means
   * @param rest where learned parameters and means begin, in full or as differences
   */
  private record Version(
      Origin origin,
      boolean deltas,
      int learned,
      int means,
      FloatBuffer variances,
      FloatBuffer updater,
      ByteBuffer rest) {
    static Version of(ByteBuffer slice) {
      ByteBuffer header = little(slice);
      Origin origin = new Origin(header.getInt(), header.getLong(), header.getLong());
      boolean deltas = header.getInt() == 1;
      int learned = header.getInt();
      int means = header.getInt();
      int variances = header.getInt();
      int updater = header.getInt();
      FloatBuffer body = header.asFloatBuffer();
      FloatBuffer ofVariances = next(body, variances);
      FloatBuffer ofUpdater = next(body, updater);
      header.position(header.position() + Float.BYTES * (variances + updater));
      return new Version(origin, deltas, learned, means, ofVariances, ofUpdater, header);
    }
  }

  private static ByteBuffer little(ByteBuffer slice) {
    return slice.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The next values of a buffer as a buffer of their own; the buffer goes on behind them. */
  private static FloatBuffer next(FloatBuffer body, int length) {
    FloatBuffer part = body.slice(body.position(), length);
    body.position(body.position() + length);
    return part;
  }

  private static float[] array(FloatBuffer values) {
    float[] array = new float[values.remaining()];
    values.duplicate().get(array);
    return array;
  }

  /** The sections of a slice in full, where they lie. */
  private static Map<StateSection, FloatBuffer> sections(ByteBuffer slice) {
    ByteBuffer header = little(slice);
    int at = header.position();
    header.position(at + LENGTHS_AT);
    Map<StateSection, Integer> lengths = new EnumMap<>(StateSection.class);
    for (StateSection section : StateSection.values()) {
      lengths.put(section, header.getInt());
    }
    FloatBuffer body = header.position(at + HEADER_BYTES).asFloatBuffer();
    Map<StateSection, FloatBuffer> sections = new EnumMap<>(StateSection.class);
    for (StateSection section : BODY) {
      sections.put(section, next(body, lengths.get(section)));
    }
    return sections;
  }

  /** The number of examples that a slice is over. */
  static long examples(ByteBuffer slice) {
    return little(slice).getLong(slice.position() + Integer.BYTES);
  }

  private static double[] weights(List<Version> slices, ToLongFunction<Origin> examples) {
    return WeightedAverage.weights(
        slices.stream().map(Version::origin).mapToLong(examples).toArray());
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
}
