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

  /** Values of a channel from which on oneDNN's sum in float32 moves the running mean by 1e-6. */
  private static final long MANY = 1 << 15;

  private final LayoutRule layouts;

  OneDnnBatchNorm(LayoutRule layouts) {
    this.layouts = layouts;
  }

  private record NormKey(Direction direction, Form form, double epsilon, int flags) {}

  /** Statistics over N, H and W do not care in which order examples and rows lie. */
  private Form normForm(INDArray x) {
    Form form = Form.of(x);
    return form.layout() == Layout.STACKED_16 ? form : layouts.output(x);
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

  private static OneDnnOperation normForward(NormKey key, prop_kind kind) {
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
    if (kind == prop_kind.forward_training && isRelu(key)) {
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
    OneDnnSession session = OneDnnSession.get();
    Form form = normForm(x);
    NormKey key = new NormKey(Direction.FORWARD, form, epsilon, flags(relu));
    OneDnnOperation operation =
        session.operation(key, () -> normForward(key, prop_kind.forward_training));
    operation.own(DNNL_ARG_SCALE).copyFrom(gamma);
    operation.own(DNNL_ARG_SHIFT).copyFrom(beta);
    INDArray y = form.create(buffers);
    INDArray mask = null;
    if (relu) {
      long bytes = operation.descriptor(DNNL_ARG_WORKSPACE).get_size();
      mask = buffers.result(DataType.FLOAT, (bytes + Float.BYTES - 1) / Float.BYTES);
      operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(mask));
    }
    INDArray source = as(x, form, buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(source));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    int c = (int) form.channels();
    double[] mean = operation.own(DNNL_ARG_MEAN).doubles(c);
    double[] variance = operation.own(DNNL_ARG_VARIANCE).doubles(c);
    double[] inverse = new double[c];
    for (int i = 0; i < c; i++) {
      inverse[i] = 1 / Math.sqrt(variance[i] + epsilon);
    }
    long count = form.length() / form.channels();
    if (count >= MANY) {
      mean = OneDnnPooling.channelMeans(source, form, buffers);
    }
    BatchStatistics statistics = new BatchStatistics(mean, variance, inverse, count);
    return new Normalised(y, statistics, mask);
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
    NormKey key =
        new NormKey(
            Direction.FORWARD, form, 0, flags(relu) | normalization_flags.use_global_stats.value);
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              OneDnnOperation made = normForward(key, prop_kind.forward_inference);
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
    NormKey key =
        new NormKey(
            Direction.DATA, form, 0, SCALE_AND_SHIFT | normalization_flags.use_global_stats.value);
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
    Form form = normForm(x);
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
}
