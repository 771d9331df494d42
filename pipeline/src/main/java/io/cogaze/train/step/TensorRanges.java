package io.cogaze.train.step;

import io.cogaze.nn.block.TensorNames;
import io.cogaze.nn.kernel.HostValues;
import io.cogaze.nn.release.FlatVectors;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Where the tensors of a stage lie in the network's flat parameter vector: the learned ones, the
 * running means and variances of trainable parts (in the same order), and the frozen ones.
 */
public final class TensorRanges {
  private static final String MEAN = ".running_mean";
  private static final String VARIANCE = ".running_var";

  /** Values [from, to) of the flat vector. */
  record Range(long from, long to) {
    int length() {
      return Math.toIntExact(to - from);
    }
  }

  private final INDArray flat;
  private final List<Range> learned;
  private final List<Range> means;
  private final List<Range> variances;
  private final List<Range> frozen;

  private TensorRanges(
      INDArray flat,
      List<Range> learned,
      List<Range> means,
      List<Range> variances,
      List<Range> frozen) {
    this.flat = flat;
    this.learned = learned;
    this.means = means;
    this.variances = variances;
    this.frozen = frozen;
  }

  /**
   * The ranges of an initialised network. Errors: {@link IllegalStateException} when names and
   * network do not cover each other, or a running mean has no variance beside it.
   */
  public static TensorRanges of(ComputationGraph network, TensorNames names) {
    INDArray flat = FlatVectors.vector(network.params());
    Map<String, INDArray> table = network.paramTable();
    List<Range> learned = new ArrayList<>();
    List<Range> means = new ArrayList<>();
    List<Range> variances = new ArrayList<>();
    List<Range> frozen = new ArrayList<>();
    Map<String, Range> byName = new HashMap<>();
    long covered = 0;
    for (TensorNames.Tensor tensor : names.tensors()) {
      INDArray view = table.get(tensor.tableKey());
      if (view == null || view.length() != tensor.size()) {
        throw new IllegalStateException(
            "The network has no tensor of " + tensor.size() + " values at " + tensor.tableKey());
      }
      long from = view.data().offset() - flat.data().offset();
      Range range = new Range(from, from + tensor.size());
      byName.put(tensor.name(), range);
      covered += tensor.size();
      if (!tensor.trainable()) {
        frozen.add(range);
      } else if (tensor.role() == TensorNames.Role.PARAMETER) {
        learned.add(range);
      }
    }
    if (covered != flat.length()) {
      throw new IllegalStateException(
          "The tensor names cover " + covered + " of the network's " + flat.length() + " values");
    }
    for (TensorNames.Tensor tensor : names.tensors()) {
      if (tensor.trainable() && tensor.role() == TensorNames.Role.STATISTIC) {
        if (tensor.name().endsWith(MEAN)) {
          String prefix = tensor.name().substring(0, tensor.name().length() - MEAN.length());
          Range variance = byName.get(prefix + VARIANCE);
          if (variance == null) {
            throw new IllegalStateException("There is no " + prefix + VARIANCE);
          }
          means.add(byName.get(tensor.name()));
          variances.add(variance);
        } else if (!tensor.name().endsWith(VARIANCE)) {
          throw new IllegalStateException(
              "The running statistic " + tensor.name() + " is neither a mean nor a variance");
        }
      }
    }
    return new TensorRanges(flat, joined(learned), means, variances, joined(frozen));
  }

  private static List<Range> joined(List<Range> ranges) {
    List<Range> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(Range::from));
    List<Range> joined = new ArrayList<>();
    for (Range range : sorted) {
      int last = joined.size() - 1;
      if (last >= 0 && joined.get(last).to() == range.from()) {
        joined.set(last, new Range(joined.get(last).from(), range.to()));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }

  /**
   * The learned tensors' names in the order of the flat vector, which the optimiser's state has.
   */
  static List<String> learnedOrder(ComputationGraph network, TensorNames names) {
    Map<String, INDArray> table = network.paramTable();
    return names.tensors().stream()
        .filter(tensor -> tensor.trainable() && tensor.role() == TensorNames.Role.PARAMETER)
        .sorted(Comparator.comparingLong(tensor -> table.get(tensor.tableKey()).data().offset()))
        .map(TensorNames.Tensor::name)
        .toList();
  }

  float[] learned() {
    return read(learned);
  }

  float[] means() {
    return read(means);
  }

  float[] variances() {
    return read(variances);
  }

  float[] frozen() {
    return read(frozen);
  }

  void learned(float[] values) {
    write(learned, values, "learned");
  }

  void means(float[] values) {
    write(means, values, "running means");
  }

  void variances(float[] values) {
    write(variances, values, "running variances");
  }

  void frozen(float[] values) {
    write(frozen, values, "frozen");
  }

  /** The learned tensors' part of a vector laid out as the parameters, such as the gradient. */
  List<INDArray> learnedViews(INDArray vector) {
    INDArray likeParameters = vector.reshape(vector.length());
    if (likeParameters.length() != flat.length()) {
      throw new IllegalArgumentException(
          "A vector of "
              + likeParameters.length()
              + " values is not laid out as the network's "
              + flat.length()
              + " parameters");
    }
    return learned.stream()
        .map(range -> likeParameters.get(NDArrayIndex.interval(range.from(), range.to())))
        .toList();
  }

  /** The ranges of a section; not for the optimiser's state, which lies elsewhere. */
  private List<Range> of(StateSection section) {
    return switch (section) {
      case LEARNED -> learned;
      case MEANS -> means;
      case VARIANCES -> variances;
      case UPDATER -> throw new IllegalArgumentException("The optimiser's state is no tensor");
    };
  }

  int length(StateSection section) {
    return length(of(section));
  }

  /** Copies a section's values from {@code from} on, as many as the target takes. */
  void read(StateSection section, int from, FloatBuffer target) {
    windows(of(section), from, target, (at, part) -> HostValues.read(flat, at, part));
  }

  /** Overwrites a section's values from {@code from} on. */
  void write(StateSection section, int from, FloatBuffer source) {
    windows(of(section), from, source, (at, part) -> HostValues.write(part, flat, at));
  }

  /** Copies between a place in the flat vector and a buffer. */
  @FunctionalInterface
  private interface Copy {
    void run(long at, FloatBuffer part);
  }

  /** Goes through what [from, from + remaining) of the joined ranges is in the flat vector. */
  private static void windows(List<Range> ranges, int from, FloatBuffer buffer, Copy copy) {
    int skip = from;
    int end = buffer.limit();
    for (Range range : ranges) {
      if (buffer.position() == end) {
        return;
      }
      if (skip >= range.length()) {
        skip -= range.length();
        continue;
      }
      int length = Math.min(range.length() - skip, end - buffer.position());
      buffer.limit(buffer.position() + length);
      copy.run(range.from() + skip, buffer);
      buffer.limit(end);
      skip = 0;
    }
    if (buffer.hasRemaining()) {
      throw new IllegalArgumentException(
          "There are " + buffer.remaining() + " values less than were asked for");
    }
  }

  private static int length(List<Range> ranges) {
    return ranges.stream().mapToInt(Range::length).sum();
  }

  private float[] read(List<Range> ranges) {
    float[] values = new float[length(ranges)];
    windows(ranges, 0, FloatBuffer.wrap(values), (at, part) -> HostValues.read(flat, at, part));
    return values;
  }

  private void write(List<Range> ranges, float[] values, String what) {
    int length = length(ranges);
    if (values.length != length) {
      throw new IllegalArgumentException(
          "The network has "
              + length
              + " "
              + what
              + " values but "
              + values.length
              + " were given");
    }
    windows(ranges, 0, FloatBuffer.wrap(values), (at, part) -> HostValues.write(part, flat, at));
  }
}
