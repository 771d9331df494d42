package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.FLOAT;
import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.result;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import io.cogaze.nn.kernel.ConvolutionRule.Direction;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Batch normalisation by oneDNN, with its ReLU. */
final class OneDnnBatchNorm {
  private static final int SCALE_AND_SHIFT =
      normalization_flags.use_scale.value | normalization_flags.use_shift.value;

  private static final int GIVEN_STATISTICS = normalization_flags.use_global_stats.value;

  /**
   * Values of a channel from which on oneDNN's sums in float32, one value after another, are off by
   * so much that a training step shows it: an error in the mean of a gradient goes the same way in
   * every pixel, and adds up in the weights below it.
   */
  private static final long MANY = 1 << 11;

  private static final Layout SMALLEST_BLOCKS = Layout.BLOCKED_8;

  private final LayoutRule layouts;

  OneDnnBatchNorm(LayoutRule layouts) {
    this.layouts = layouts;
  }

  private record NormKey(
      Direction direction, Form form, double epsilon, int flags, boolean training) {
    NormKey(Direction direction, Form form, double epsilon, int flags) {
      this(direction, form, epsilon, flags, true);
    }
  }

  /**
   * Whether channels can be summed exactly enough, which takes blocks: with channels last oneDNN
   * adds in float32, one value after another.
   */
  static boolean isSummed(long channels) {
    return channels % SMALLEST_BLOCKS.block() == 0;
  }

  /** The form to sum in for a form of the output. */
  private static Form summed(Form output) {
    return output.layout().isInBlocks() ? output : output.as(SMALLEST_BLOCKS);
  }

  /** Statistics over N, H and W do not care in which order examples and rows lie. */
  private Form normForm(INDArray x) {
    Form form = Form.of(x);
    return form.layout().isStacked() && form.layout().unstack() == layouts.blocked()
        ? form
        : layouts.output(x);
  }

  private static int flags(boolean relu) {
    return SCALE_AND_SHIFT | (relu ? normalization_flags.fuse_norm_relu.value : 0);
  }

  private static batch_normalization_forward.primitive_desc normDescriptor(
      prop_kind kind, NormKey key) {
    return new batch_normalization_forward.primitive_desc(
        new batch_normalization_forward.desc(
            kind.value, descriptor(key.form), (float) key.epsilon, key.flags),
        OneDnnSession.engine());
  }

  private static OneDnnOperation normForward(NormKey key) {
    prop_kind kind = key.training ? prop_kind.forward_training : prop_kind.forward_inference;
    batch_normalization_forward.primitive_desc plan = normDescriptor(kind, key);
    memory.desc channels = channels(key.form);
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new batch_normalization_forward(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_DST, plan.dst_desc())
            .ownArgument(DNNL_ARG_SCALE, channels)
            .ownArgument(DNNL_ARG_SHIFT, channels)
            .ownArgument(DNNL_ARG_MEAN, channels)
            .ownArgument(DNNL_ARG_VARIANCE, channels);
    if (key.training && isRelu(key)) {
      operation.argument(DNNL_ARG_WORKSPACE, plan.workspace_desc());
    }
    return operation;
  }

  private static boolean isRelu(NormKey key) {
    return (key.flags & normalization_flags.fuse_norm_relu.value) != 0;
  }

  private static memory.desc channels(Form form) {
    return new memory.desc(new long[] {form.channels()}, FLOAT, memory.format_tag.x);
  }

  private static OneDnnOperation normBackward(NormKey key) {
    batch_normalization_backward.primitive_desc plan =
        new batch_normalization_backward.primitive_desc(
            new batch_normalization_backward.desc(
                prop_kind.backward.value,
                descriptor(key.form),
                descriptor(key.form),
                (float) key.epsilon,
                key.flags),
            OneDnnSession.engine(),
            normDescriptor(prop_kind.forward_training, key));
    memory.desc channels = channels(key.form);
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new batch_normalization_backward(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
            .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc())
            .ownArgument(DNNL_ARG_SCALE, channels)
            .ownArgument(DNNL_ARG_SHIFT, channels)
            .ownArgument(DNNL_ARG_MEAN, channels)
            .ownArgument(DNNL_ARG_VARIANCE, channels)
            .ownArgument(DNNL_ARG_DIFF_SCALE, channels)
            .ownArgument(DNNL_ARG_DIFF_SHIFT, channels);
    return isRelu(key) ? operation.argument(DNNL_ARG_WORKSPACE, plan.workspace_desc()) : operation;
  }

  Normalised batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, Buffers buffers) {
    Form output = normForm(x);
    Form form = summed(output);
    INDArray source = as(x, form, buffers);
    INDArray y = fresh(form, output, buffers);
    long count = form.length() / form.channels();
    Optional<ChannelPieces> pieces = pieces(form);
    OneDnnSession session = OneDnnSession.get();
    int given = 0;
    double[][] moments = null;
    if (pieces.isPresent()) {
      given = GIVEN_STATISTICS;
      moments = moments(pieces.get(), source, y);
    }
    NormKey key = new NormKey(Direction.FORWARD, form, epsilon, flags(relu) | given);
    OneDnnOperation operation = session.operation(key, () -> normForward(key));
    operation.own(DNNL_ARG_SCALE).copyFrom(gamma);
    operation.own(DNNL_ARG_SHIFT).copyFrom(beta);
    if (moments != null) {
      operation.own(DNNL_ARG_MEAN).put(moments[0]);
      operation.own(DNNL_ARG_VARIANCE).put(moments[1]);
    }
    INDArray mask = null;
    if (relu) {
      long bytes = operation.descriptor(DNNL_ARG_WORKSPACE).get_size();
      mask = buffers.result(DataType.FLOAT, (bytes + Float.BYTES - 1) / Float.BYTES);
      operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(mask));
    }
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(source));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    int c = (int) form.channels();
    if (moments == null) {
      moments =
          new double[][] {
            operation.own(DNNL_ARG_MEAN).doubles(c), operation.own(DNNL_ARG_VARIANCE).doubles(c)
          };
    }
    double[] inverse = new double[c];
    for (int i = 0; i < c; i++) {
      inverse[i] = 1 / Math.sqrt(moments[1][i] + epsilon);
    }
    return new Normalised(
        result(y, output, buffers),
        new BatchStatistics(moments[0], moments[1], inverse, count),
        mask);
  }

  private static Optional<ChannelPieces> pieces(Form form) {
    return form.length() / form.channels() >= MANY ? ChannelPieces.of(form) : Optional.empty();
  }

  /**
   * Mean and variance of each channel.
   *
   * @param spare of x's form, overwritten
   */
  private static double[][] moments(ChannelPieces pieces, INDArray x, INDArray spare) {
    OneDnnSession session = OneDnnSession.get();
    NormKey key = new NormKey(Direction.FORWARD, pieces.form(), 1, 0);
    OneDnnOperation operation = session.operation(key, () -> normForward(key));
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(x));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(spare));
    session.run(operation);
    int count = pieces.count();
    return pieces.moments(
        operation.own(DNNL_ARG_MEAN).floats(count), operation.own(DNNL_ARG_VARIANCE).floats(count));
  }

  INDArray batchNormInference(
      INDArray x, double[] scale, double[] shift, boolean relu, Buffers buffers) {
    Form form = normForm(x);
    INDArray y = form.create(buffers);
    affine(as(x, form, buffers), y, form, scale, shift, relu);
    return y;
  }

  /** y = x * scale + shift for each channel. */
  static void affine(
      INDArray x, INDArray y, Form form, double[] scale, double[] shift, boolean relu) {
    OneDnnSession session = OneDnnSession.get();
    NormKey key = new NormKey(Direction.FORWARD, form, 0, flags(relu) | GIVEN_STATISTICS, false);
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              OneDnnOperation made = normForward(key);
              made.own(DNNL_ARG_MEAN).put(new float[(int) form.channels()]);
              made.own(DNNL_ARG_VARIANCE).put(ones((int) form.channels()));
              return made;
            });
    operation.own(DNNL_ARG_SCALE).put(scale);
    operation.own(DNNL_ARG_SHIFT).put(shift);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(x));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
  }

  /**
   * Sums of x * y for each channel of one example, whatever the layout: the gradient of a scale is
   * the sum of products of input and gradient.
   */
  static double[] products(INDArray x, INDArray y, Form form, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    NormKey key = new NormKey(Direction.DATA, form, 0, SCALE_AND_SHIFT | GIVEN_STATISTICS, false);
    int width = (int) form.channels();
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              OneDnnOperation made = normBackward(key);
              made.own(DNNL_ARG_MEAN).put(new float[width]);
              made.own(DNNL_ARG_VARIANCE).put(ones(width));
              made.own(DNNL_ARG_SCALE).put(ones(width));
              return made;
            });
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(x));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(y));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(form.scratch(buffers)));
    session.run(operation);
    return operation.own(DNNL_ARG_DIFF_SCALE).doubles(width);
  }

  private static float[] ones(int length) {
    float[] ones = new float[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  INDArray batchNormBackward(
      INDArray x,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray dy,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    Form form = summed(normForm(x));
    Optional<ChannelPieces> pieces = pieces(form);
    if (pieces.isPresent()) {
      return backwardInPieces(
          pieces.get(), form, x, forward, gamma, epsilon, relu, dy, dgamma, dbeta, buffers);
    }
    NormKey key = new NormKey(Direction.DATA, form, epsilon, flags(relu));
    OneDnnOperation operation = session.operation(key, () -> normBackward(key));
    operation.own(DNNL_ARG_SCALE).copyFrom(gamma);
    operation.own(DNNL_ARG_MEAN).put(forward.statistics().mean());
    operation.own(DNNL_ARG_VARIANCE).put(forward.statistics().variance());
    if (relu) {
      operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(forward.mask()));
    }
    INDArray dx = fresh(form, Form.of(x), buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, form, buffers)));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, form, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    operation.own(DNNL_ARG_DIFF_SCALE).copyTo(dgamma);
    operation.own(DNNL_ARG_DIFF_SHIFT).copyTo(dbeta);
    return result(dx, Form.of(x), buffers);
  }

  /**
   * The gradient as that of a normalisation by given statistics, whose sums are those of short
   * pieces, and then what comes from the statistics themselves: for each channel a multiple of x
   * and a constant.
   */
  private static INDArray backwardInPieces(
      ChannelPieces pieces,
      Form form,
      INDArray x,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray dy,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    NormKey key =
        new NormKey(Direction.DATA, pieces.form(), epsilon, flags(relu) | GIVEN_STATISTICS);
    OneDnnOperation operation = session.operation(key, () -> normBackward(key));
    BatchStatistics statistics = forward.statistics();
    double[] scale = HostValues.doubles(gamma);
    operation.own(DNNL_ARG_SCALE).put(pieces.repeat(scale));
    operation.own(DNNL_ARG_MEAN).put(pieces.repeat(statistics.mean()));
    operation.own(DNNL_ARG_VARIANCE).put(pieces.repeat(statistics.variance()));
    if (relu) {
      operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(forward.mask()));
    }
    INDArray dx = fresh(form, Form.of(x), buffers);
    INDArray source = as(x, form, buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(source));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, form, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    double[] ofScale = pieces.sums(operation.own(DNNL_ARG_DIFF_SCALE).floats(pieces.count()));
    double[] ofShift = pieces.sums(operation.own(DNNL_ARG_DIFF_SHIFT).floats(pieces.count()));
    HostValues.write(ofScale, dgamma);
    HostValues.write(ofShift, dbeta);
    double[] factor = new double[scale.length];
    double[] constant = new double[scale.length];
    for (int c = 0; c < scale.length; c++) {
      double inverse = statistics.inverseDeviation()[c];
      double share = scale[c] * inverse / statistics.count();
      factor[c] = -share * inverse * ofScale[c];
      constant[c] = -share * ofShift[c] - factor[c] * statistics.mean()[c];
    }
    OneDnnChannels.addAffine(
        source, pieces.repeat(factor), pieces.repeat(constant), dx, pieces.form());
    return result(dx, Form.of(x), buffers);
  }
}
