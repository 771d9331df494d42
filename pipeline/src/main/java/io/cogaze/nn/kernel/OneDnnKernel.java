package io.cogaze.nn.kernel;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MEAN;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MULTIPLE_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SHIFT;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import io.cogaze.nn.kernel.ConvolutionRule.Algorithm;
import io.cogaze.nn.kernel.ConvolutionRule.Direction;
import io.cogaze.nn.kernel.OneDnnSession.Scratch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.resampling_backward;
import org.bytedeco.dnnl.resampling_forward;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Calls oneDNN directly. FLOAT only; other types go to the reference. Activations lie in blocks of
 * 16 channels where they can and the CPU has AVX-512, else with channels last.
 */
final class OneDnnKernel implements Kernel {
  private static final memory.data_type FLOAT = memory.data_type.f32;
  private static final int SCALE_AND_SHIFT =
      normalization_flags.use_scale.value | normalization_flags.use_shift.value;

  private static final ConvolutionShape POINTWISE = ConvolutionShape.square(1, 1, 0);

  private final Kernel reference;
  private final ConvolutionRule rule;
  private final boolean blocks;

  /**
   * @param reference for types other than FLOAT
   * @param blocks whether the CPU computes fastest on blocks of 16 channels
   */
  OneDnnKernel(Kernel reference, ConvolutionRule rule, boolean blocks) {
    this.reference = reference;
    this.rule = rule;
    this.blocks = blocks;
  }

  @Override
  public String name() {
    return "onednn";
  }

  /** The name, and what else decides the bits. */
  String description() {
    return name()
        + (blocks ? ", blocks of 16 channels" : ", channels last")
        + (rule.usesWinograd() ? ", winograd" : "");
  }

  @Override
  public Layout layout(DataType type, long channels) {
    if (type != DataType.FLOAT) {
      return reference.layout(type, channels);
    }
    return blocks && channels % Form.BLOCK == 0 ? Layout.BLOCKED_16 : Layout.CHANNELS_LAST;
  }

  private Layout layout(long channels) {
    return layout(DataType.FLOAT, channels);
  }

  private static boolean isOther(INDArray array) {
    return array.dataType() != DataType.FLOAT;
  }

  // Convolution.

  private record ConvolutionKey(
      Direction direction,
      ConvolutionShape shape,
      Form source,
      Form target,
      Algorithm algorithm,
      boolean bias,
      boolean relu) {
    ConvolutionKey withRelu() {
      return new ConvolutionKey(direction, shape, source, target, algorithm, bias, true);
    }
  }

  private record WeightsKey(Direction direction, ConvolutionKey of) {}

  /** One layout for both sides of a convolution. */
  private Layout layout(long inputs, long outputs) {
    return layout(inputs) == Layout.BLOCKED_16 && layout(outputs) == Layout.BLOCKED_16
        ? Layout.BLOCKED_16
        : Layout.CHANNELS_LAST;
  }

  private ConvolutionKey key(
      Direction direction, ConvolutionShape shape, Form input, long outputs, boolean bias) {
    if (input.layout() == Layout.STACKED_16
        && shape.equals(POINTWISE)
        && layout(outputs) == Layout.BLOCKED_16) {
      Form target = input.channels(outputs, Layout.STACKED_16);
      return new ConvolutionKey(direction, shape, input, target, Algorithm.DIRECT, bias, false);
    }
    // A single channel lies the same way in every layout; only its gradient wants another.
    boolean first =
        direction != Direction.DATA
            && input.channels() == 1
            && layout(outputs) == Layout.BLOCKED_16;
    Layout layout = first ? Layout.BLOCKED_16 : layout(input.channels(), outputs);
    Form source = input.as(first ? Layout.PLAIN : layout);
    Form target =
        new Form(
            DataType.FLOAT,
            layout,
            input.examples(),
            outputs,
            shape.outputHeight(input.height()),
            shape.outputWidth(input.width()));
    return new ConvolutionKey(
        direction,
        shape,
        source,
        target,
        rule.algorithm(direction, shape, source, outputs, source.layout()),
        bias,
        false);
  }

  @Override
  public INDArray convolution(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    if (isOther(x)) {
      return reference.convolution(shape, x, w, b, buffers);
    }
    return convolution(
        key(Direction.FORWARD, shape, Form.of(x), w.size(0), b != null), x, w, b, buffers);
  }

  @Override
  public INDArray convolutionRelu(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    if (isOther(x)) {
      return reference.convolutionRelu(shape, x, w, b, buffers);
    }
    ConvolutionKey key = key(Direction.FORWARD, shape, Form.of(x), w.size(0), b != null);
    return convolution(key.withRelu(), x, w, b, buffers);
  }

  private INDArray convolution(
      ConvolutionKey key, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    OneDnnOperation operation = session.operation(key, () -> forward(key));
    if (b != null) {
      operation.own(DNNL_ARG_BIAS).copyFrom(b);
    }
    INDArray y = key.target.create(buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_WEIGHTS, weights(session, key, operation, w));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return key.target.layout() == Layout.STACKED_16
        ? y
        : result(y, key.target.as(layout(w.size(0))), buffers);
  }

  @Override
  public INDArray convolutionBackwardData(
      ConvolutionShape shape, INDArray w, INDArray dy, Form input, Buffers buffers) {
    if (isOther(dy)) {
      return reference.convolutionBackwardData(shape, w, dy, input, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    ConvolutionKey key = key(Direction.DATA, shape, input, w.size(0), false);
    OneDnnOperation operation = session.operation(key, () -> backwardData(key));
    INDArray dx = fresh(key.source, input, buffers);
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, key.target, buffers)));
    operation.place(DNNL_ARG_WEIGHTS, weights(session, key, operation, w));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    return result(dx, input, buffers);
  }

  @Override
  public void convolutionBackwardWeights(
      ConvolutionShape shape, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers) {
    if (isOther(x)) {
      reference.convolutionBackwardWeights(shape, x, dy, dw, db, buffers);
      return;
    }
    OneDnnSession session = OneDnnSession.get();
    ConvolutionKey key = key(Direction.WEIGHTS, shape, Form.of(x), dw.size(0), db != null);
    OneDnnOperation operation = session.operation(key, () -> backwardWeights(key));
    memory.desc descriptor = operation.descriptor(DNNL_ARG_DIFF_WEIGHTS);
    AlignedAddress scratch = session.scratch(Scratch.WEIGHT_GRADIENTS, descriptor);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, key.target, buffers)));
    operation.place(DNNL_ARG_DIFF_WEIGHTS, scratch);
    session.run(operation);
    OneDnnOperation copy =
        session.operation(
            new WeightsKey(Direction.WEIGHTS, key), () -> reorder(descriptor, plain(key)));
    copy.place(DNNL_ARG_FROM, scratch);
    copy.placeAnywhere(DNNL_ARG_TO, dw.data().addressPointer(), dw);
    session.run(copy);
    if (db != null) {
      operation.own(DNNL_ARG_DIFF_BIAS).copyTo(db);
    }
  }

  /** The weights in the layout that the operation wants. */
  private static AlignedAddress weights(
      OneDnnSession session, ConvolutionKey key, OneDnnOperation operation, INDArray w) {
    memory.desc wanted = operation.descriptor(DNNL_ARG_WEIGHTS);
    AlignedAddress scratch = session.scratch(Scratch.WEIGHTS, wanted);
    OneDnnOperation copy =
        session.operation(
            new WeightsKey(Direction.FORWARD, key), () -> reorder(plain(key), wanted));
    copy.placeAnywhere(DNNL_ARG_FROM, w.data().addressPointer(), w);
    copy.place(DNNL_ARG_TO, scratch);
    session.run(copy);
    return scratch;
  }

  private static long[] weightShape(ConvolutionKey key) {
    return new long[] {
      key.target.channels(),
      key.source.channels(),
      key.shape.kernel().height(),
      key.shape.kernel().width()
    };
  }

  private static memory.desc plain(ConvolutionKey key) {
    return new memory.desc(weightShape(key), FLOAT, memory.format_tag.oihw);
  }

  private static memory.desc any(ConvolutionKey key) {
    return new memory.desc(weightShape(key), FLOAT, memory.format_tag.any);
  }

  private static memory.desc bias(ConvolutionKey key) {
    return new memory.desc(new long[] {key.target.channels()}, FLOAT, memory.format_tag.x);
  }

  private static algorithm algorithm(ConvolutionKey key) {
    return key.algorithm == Algorithm.WINOGRAD
        ? algorithm.convolution_winograd
        : algorithm.convolution_direct;
  }

  private static long[] pair(ConvolutionShape.Extent extent) {
    return new long[] {extent.height(), extent.width()};
  }

  private static long[] dilation(ConvolutionShape shape) {
    return new long[] {shape.dilation().height() - 1L, shape.dilation().width() - 1L};
  }

  /** What the window covers beyond the last row and column of the input: negative is unused. */
  private static long[] end(ConvolutionShape shape, Form input, Form output) {
    return new long[] {
      (output.height() - 1) * shape.stride().height()
          + (shape.kernel().height() - 1L) * shape.dilation().height()
          + 1
          - input.height()
          - shape.padding().height(),
      (output.width() - 1) * shape.stride().width()
          + (shape.kernel().width() - 1L) * shape.dilation().width()
          + 1
          - input.width()
          - shape.padding().width()
    };
  }

  private static convolution_forward.primitive_desc forwardDescriptor(ConvolutionKey key) {
    long[] strides = pair(key.shape.stride());
    long[] begin = pair(key.shape.padding());
    long[] end = end(key.shape, key.source, key.target);
    convolution_forward.desc descriptor =
        key.bias
            ? new convolution_forward.desc(
                prop_kind.forward_training,
                algorithm(key),
                descriptor(key.source),
                any(key),
                bias(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end)
            : new convolution_forward.desc(
                prop_kind.forward_training,
                algorithm(key),
                descriptor(key.source),
                any(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end);
    if (!key.relu) {
      return new convolution_forward.primitive_desc(descriptor, engine());
    }
    return new convolution_forward.primitive_desc(descriptor, thenRelu(), engine());
  }

  private static primitive_attr thenRelu() {
    post_ops after = new post_ops();
    after.append_eltwise(1, algorithm.eltwise_relu, 0, 0);
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(after);
    return attributes;
  }

  private static OneDnnOperation forward(ConvolutionKey key) {
    convolution_forward.primitive_desc plan = forwardDescriptor(key);
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new convolution_forward(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_WEIGHTS, plan.weights_desc())
            .argument(DNNL_ARG_DST, plan.dst_desc());
    return key.bias ? operation.ownArgument(DNNL_ARG_BIAS, bias(key)) : operation;
  }

  private static OneDnnOperation backwardData(ConvolutionKey key) {
    convolution_backward_data.desc descriptor =
        new convolution_backward_data.desc(
            algorithm(key),
            descriptor(key.source),
            any(key),
            descriptor(key.target),
            pair(key.shape.stride()),
            dilation(key.shape),
            pair(key.shape.padding()),
            end(key.shape, key.source, key.target));
    convolution_backward_data.primitive_desc plan =
        new convolution_backward_data.primitive_desc(descriptor, engine(), forwardDescriptor(key));
    return new OneDnnOperation(engine(), new convolution_backward_data(plan), plan)
        .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
        .argument(DNNL_ARG_WEIGHTS, plan.weights_desc())
        .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc());
  }

  private static OneDnnOperation backwardWeights(ConvolutionKey key) {
    long[] strides = pair(key.shape.stride());
    long[] begin = pair(key.shape.padding());
    long[] end = end(key.shape, key.source, key.target);
    convolution_backward_weights.desc descriptor =
        key.bias
            ? new convolution_backward_weights.desc(
                algorithm(key),
                descriptor(key.source),
                any(key),
                bias(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end)
            : new convolution_backward_weights.desc(
                algorithm(key),
                descriptor(key.source),
                any(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end);
    convolution_backward_weights.primitive_desc plan =
        new convolution_backward_weights.primitive_desc(
            descriptor, engine(), forwardDescriptor(key));
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new convolution_backward_weights(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
            .argument(DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc());
    return key.bias ? operation.ownArgument(DNNL_ARG_DIFF_BIAS, bias(key)) : operation;
  }

  // Batch normalisation.

  private record NormKey(Direction direction, Form form, double epsilon, int flags) {}

  /** Statistics over N, H and W do not care in which order examples and rows lie. */
  private Form normForm(INDArray x) {
    Form form = Form.of(x);
    return form.layout() == Layout.STACKED_16 ? form : output(x);
  }

  private static int flags(boolean relu) {
    return SCALE_AND_SHIFT | (relu ? normalization_flags.fuse_norm_relu.value : 0);
  }

  private static batch_normalization_forward.primitive_desc normDescriptor(
      prop_kind kind, NormKey key) {
    return new batch_normalization_forward.primitive_desc(
        new batch_normalization_forward.desc(
            kind.value, descriptor(key.form), (float) key.epsilon, key.flags),
        engine());
  }

  private static OneDnnOperation normForward(NormKey key, prop_kind kind) {
    batch_normalization_forward.primitive_desc plan = normDescriptor(kind, key);
    memory.desc channels = channels(key.form);
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new batch_normalization_forward(plan), plan)
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
            engine(),
            normDescriptor(prop_kind.forward_training, key));
    memory.desc channels = channels(key.form);
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new batch_normalization_backward(plan), plan)
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

  @Override
  public Normalised batchNorm(
      INDArray x, INDArray gamma, INDArray beta, double epsilon, boolean relu, Buffers buffers) {
    if (isOther(x)) {
      return reference.batchNorm(x, gamma, beta, epsilon, relu, buffers);
    }
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
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, form, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    int c = (int) form.channels();
    double[] variance = operation.own(DNNL_ARG_VARIANCE).doubles(c);
    double[] inverse = new double[c];
    for (int i = 0; i < c; i++) {
      inverse[i] = 1 / Math.sqrt(variance[i] + epsilon);
    }
    BatchStatistics statistics =
        new BatchStatistics(
            operation.own(DNNL_ARG_MEAN).doubles(c),
            variance,
            inverse,
            form.length() / form.channels());
    return new Normalised(y, statistics, mask);
  }

  @Override
  public INDArray batchNormInference(
      INDArray x, double[] scale, double[] shift, boolean relu, Buffers buffers) {
    if (isOther(x)) {
      return reference.batchNormInference(x, scale, shift, relu, buffers);
    }
    Form form = normForm(x);
    INDArray y = form.create(buffers);
    affine(as(x, form, buffers), y, form, scale, shift, relu);
    return y;
  }

  /** y = x * scale + shift for each channel. */
  private static void affine(
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

  private static float[] ones(int length) {
    float[] ones = new float[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public INDArray batchNormBackward(
      INDArray x,
      Normalised forward,
      INDArray gamma,
      double epsilon,
      boolean relu,
      INDArray dy,
      INDArray dgamma,
      INDArray dbeta,
      Buffers buffers) {
    if (isOther(x)) {
      return reference.batchNormBackward(
          x, forward, gamma, epsilon, relu, dy, dgamma, dbeta, buffers);
    }
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

  // Pooling.

  private record PoolKey(
      Direction direction, ConvolutionShape shape, Form source, Form target, boolean maximum) {
    algorithm algorithm() {
      return maximum ? algorithm.pooling_max : algorithm.pooling_avg_exclude_padding;
    }
  }

  private static PoolKey poolKey(
      Direction direction, ConvolutionShape shape, Form source, boolean maximum) {
    Form target =
        source.size(shape.outputHeight(source.height()), shape.outputWidth(source.width()));
    return new PoolKey(direction, shape, source, target, maximum);
  }

  private static pooling_forward.primitive_desc poolDescriptor(PoolKey key) {
    return new pooling_forward.primitive_desc(
        new pooling_forward.desc(
            prop_kind.forward_training,
            key.algorithm(),
            descriptor(key.source),
            descriptor(key.target),
            pair(key.shape.stride()),
            pair(key.shape.kernel()),
            pair(key.shape.padding()),
            end(key.shape, key.source, key.target)),
        engine());
  }

  private static OneDnnOperation poolForward(PoolKey key) {
    pooling_forward.primitive_desc plan = poolDescriptor(key);
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new pooling_forward(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_DST, plan.dst_desc());
    return key.maximum ? operation.argument(DNNL_ARG_WORKSPACE, plan.workspace_desc()) : operation;
  }

  private static OneDnnOperation poolBackward(PoolKey key) {
    pooling_backward.primitive_desc plan =
        new pooling_backward.primitive_desc(
            new pooling_backward.desc(
                key.algorithm(),
                descriptor(key.source),
                descriptor(key.target),
                pair(key.shape.stride()),
                pair(key.shape.kernel()),
                pair(key.shape.padding()),
                end(key.shape, key.source, key.target)),
            engine(),
            poolDescriptor(key));
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new pooling_backward(plan), plan)
            .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
            .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc());
    return key.maximum ? operation.argument(DNNL_ARG_WORKSPACE, plan.workspace_desc()) : operation;
  }

  private static boolean isDilated(ConvolutionShape shape) {
    return !shape.dilation().equals(ConvolutionShape.Extent.of(1));
  }

  @Override
  public MaxPooled maxPool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    if (isOther(x) || isDilated(shape)) {
      return reference.maxPool(shape, x, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    PoolKey key = poolKey(Direction.FORWARD, shape, output(x), true);
    OneDnnOperation operation = session.operation(key, () -> poolForward(key));
    INDArray y = key.target.create(buffers);
    long bytes = operation.descriptor(DNNL_ARG_WORKSPACE).get_size();
    INDArray places = buffers.result(DataType.FLOAT, (bytes + Float.BYTES - 1) / Float.BYTES);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(places));
    session.run(operation);
    return new MaxPooled(y, places);
  }

  @Override
  public INDArray maxPoolBackward(
      ConvolutionShape shape, INDArray x, MaxPooled forward, INDArray dy, Buffers buffers) {
    if (isOther(x) || isDilated(shape)) {
      return reference.maxPoolBackward(shape, x, forward, dy, buffers);
    }
    PoolKey key = poolKey(Direction.DATA, shape, output(x), true);
    OneDnnOperation operation = OneDnnSession.get().operation(key, () -> poolBackward(key));
    operation.place(DNNL_ARG_WORKSPACE, AlignedAddress.of(forward.places()));
    return poolBackward(operation, key, Form.of(x), dy, buffers);
  }

  private static INDArray poolBackward(
      OneDnnOperation operation, PoolKey key, Form input, INDArray dy, Buffers buffers) {
    INDArray dx = fresh(key.source, input, buffers);
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, key.target, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    OneDnnSession.get().run(operation);
    return result(dx, input, buffers);
  }

  @Override
  public INDArray averagePool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    if (isOther(x) || isDilated(shape)) {
      return reference.averagePool(shape, x, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    PoolKey key = poolKey(Direction.FORWARD, shape, output(x), false);
    OneDnnOperation operation = session.operation(key, () -> poolForward(key));
    INDArray y = key.target.create(buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return y;
  }

  @Override
  public INDArray averagePoolBackward(
      ConvolutionShape shape, Form input, INDArray dy, Buffers buffers) {
    if (isOther(dy) || isDilated(shape)) {
      return reference.averagePoolBackward(shape, input, dy, buffers);
    }
    PoolKey key = poolKey(Direction.DATA, shape, input.as(layout(input.channels())), false);
    OneDnnOperation operation = OneDnnSession.get().operation(key, () -> poolBackward(key));
    return poolBackward(operation, key, input, dy, buffers);
  }

  private static ConvolutionShape whole(Form form) {
    return new ConvolutionShape(
        new ConvolutionShape.Extent((int) form.height(), (int) form.width()),
        ConvolutionShape.Extent.of(1),
        ConvolutionShape.Extent.of(0),
        ConvolutionShape.Extent.of(1));
  }

  @Override
  public INDArray globalAverage(INDArray x, Buffers buffers) {
    if (isOther(x)) {
      return reference.globalAverage(x, buffers);
    }
    // With one pixel every layout is [N,C].
    INDArray y = averagePool(whole(Form.of(x)), x, buffers);
    return y.reshape('c', Activations.examples(x), Activations.channels(x));
  }

  @Override
  public INDArray globalAverageBackward(Form input, INDArray dy, Buffers buffers) {
    if (isOther(dy)) {
      return reference.globalAverageBackward(input, dy, buffers);
    }
    return averagePoolBackward(whole(input), input, dy, buffers);
  }

  // Channels.

  @Override
  public INDArray scaleChannels(
      INDArray x, double[] scale, double[] shift, Form output, Buffers buffers) {
    if (isOther(x)) {
      return reference.scaleChannels(x, scale, shift, output, buffers);
    }
    Form form = output(x);
    INDArray in = as(x, form, buffers);
    INDArray y = fresh(form, output, buffers);
    int c = (int) form.channels();
    for (Slice slice : slices(form)) {
      affine(
          slice.of(in),
          slice.of(y),
          slice.form,
          slice.values(scale, c),
          slice.values(shift, c),
          false);
    }
    return result(y, output, buffers);
  }

  /**
   * A part of an activation whose examples are taken as channels of one: blocks lie one behind the
   * other whichever example they belong to, so that they need a single slice.
   */
  private record Slice(Form form, long examples, int from) {
    INDArray of(INDArray array) {
      if (form.layout() == Layout.BLOCKED_16) {
        return array;
      }
      return Nd4j.create(
          array.data(),
          new long[] {1, form.channels(), form.height(), form.width()},
          array.stride().clone(),
          array.offset() + from * form.length(),
          'c');
    }

    double[] values(double[] all, int channels) {
      int width = channels * (int) examples;
      return Arrays.copyOfRange(all, from * channels, from * channels + width);
    }
  }

  private static List<Slice> slices(Form form) {
    if (form.layout() == Layout.BLOCKED_16) {
      Form one =
          new Form(
              form.type(),
              form.layout(),
              1,
              form.examples() * form.channels(),
              form.height(),
              form.width());
      return List.of(new Slice(one, form.examples(), 0));
    }
    Form one =
        new Form(form.type(), form.layout(), 1, form.channels(), form.height(), form.width());
    Slice[] slices = new Slice[(int) form.examples()];
    for (int i = 0; i < slices.length; i++) {
      slices[i] = new Slice(one, 1, i);
    }
    return List.of(slices);
  }

  @Override
  public double[] channelProducts(INDArray a, INDArray b, Buffers buffers) {
    if (isOther(a)) {
      return reference.channelProducts(a, b, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    Form form = output(a);
    INDArray left = as(a, form, buffers);
    INDArray right = as(b, form, buffers);
    INDArray unused = form.scratch(buffers);
    int c = (int) form.channels();
    double[] products = new double[(int) form.examples() * c];
    for (Slice slice : slices(form)) {
      NormKey key =
          new NormKey(
              Direction.DATA,
              slice.form,
              0,
              SCALE_AND_SHIFT | normalization_flags.use_global_stats.value);
      OneDnnOperation operation =
          session.operation(
              key,
              () -> {
                OneDnnOperation made = normBackward(key);
                int width = (int) slice.form.channels();
                made.own(DNNL_ARG_MEAN).put(new float[width]);
                made.own(DNNL_ARG_VARIANCE).put(ones(width));
                made.own(DNNL_ARG_SCALE).put(ones(width));
                return made;
              });
      // The gradient of a scale is the sum of products of input and gradient.
      operation.place(DNNL_ARG_SRC, AlignedAddress.of(slice.of(left)));
      operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(slice.of(right)));
      operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(slice.of(unused)));
      session.run(operation);
      int width = (int) slice.form.channels();
      double[] values = operation.own(DNNL_ARG_DIFF_SCALE).doubles(width);
      System.arraycopy(values, 0, products, slice.from * c, width);
    }
    return products;
  }

  // Enlargement.

  private record ResamplingKey(Direction direction, Form source, Form target) {}

  private static resampling_forward.primitive_desc resamplingDescriptor(ResamplingKey key) {
    return new resampling_forward.primitive_desc(
        new resampling_forward.desc(
            prop_kind.forward_training,
            algorithm.resampling_nearest,
            descriptor(key.source),
            descriptor(key.target)),
        engine());
  }

  @Override
  public INDArray upsample2(INDArray x, Buffers buffers) {
    if (isOther(x)) {
      return reference.upsample2(x, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    Form source = output(x);
    ResamplingKey key =
        new ResamplingKey(
            Direction.FORWARD, source, source.size(2 * source.height(), 2 * source.width()));
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              resampling_forward.primitive_desc plan = resamplingDescriptor(key);
              return new OneDnnOperation(engine(), new resampling_forward(plan), plan)
                  .argument(DNNL_ARG_SRC, plan.src_desc())
                  .argument(DNNL_ARG_DST, plan.dst_desc());
            });
    INDArray y = key.target.create(buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, source, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return y;
  }

  @Override
  public INDArray upsample2Backward(Form input, INDArray dy, Buffers buffers) {
    if (isOther(dy)) {
      return reference.upsample2Backward(input, dy, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    Form source = input.as(layout(input.channels()));
    ResamplingKey key =
        new ResamplingKey(
            Direction.DATA, source, source.size(2 * source.height(), 2 * source.width()));
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              resampling_backward.primitive_desc plan =
                  new resampling_backward.primitive_desc(
                      new resampling_backward.desc(
                          algorithm.resampling_nearest,
                          descriptor(key.source),
                          descriptor(key.target)),
                      engine(),
                      resamplingDescriptor(key));
              return new OneDnnOperation(engine(), new resampling_backward(plan), plan)
                  .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc())
                  .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc());
            });
    INDArray dx = fresh(source, input, buffers);
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, key.target, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    return result(dx, input, buffers);
  }

  // Sums and ReLU.

  private record AddReluKey(Form form) {}

  private record ReluKey(Form form) {}

  @Override
  public INDArray addRelu(INDArray a, INDArray b, Buffers buffers) {
    if (isOther(a)) {
      return reference.addRelu(a, b, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    Form form = output(a);
    AddReluKey key = new AddReluKey(form);
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              memory.desc md = descriptor(form);
              binary.primitive_desc plan =
                  new binary.primitive_desc(
                      new binary.desc(algorithm.binary_add, md, md, md), thenRelu(), engine());
              return new OneDnnOperation(engine(), new binary(plan), plan)
                  .argument(DNNL_ARG_SRC_0, md)
                  .argument(DNNL_ARG_SRC_1, md)
                  .argument(DNNL_ARG_DST, md);
            });
    INDArray y = form.create(buffers);
    operation.place(DNNL_ARG_SRC_0, AlignedAddress.of(as(a, form, buffers)));
    operation.place(DNNL_ARG_SRC_1, AlignedAddress.of(as(b, form, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return y;
  }

  @Override
  public INDArray reluBackward(INDArray y, INDArray dy, Form input, Buffers buffers) {
    if (isOther(y)) {
      return reference.reluBackward(y, dy, input, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    Form form = output(y);
    OneDnnOperation operation = session.operation(new ReluKey(form), () -> relu(form));
    INDArray dx = fresh(form, input, buffers);
    operation.place(DNNL_ARG_DST, AlignedAddress.of(as(y, form, buffers)));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, form, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    return result(dx, input, buffers);
  }

  private static OneDnnOperation relu(Form form) {
    memory.desc md = descriptor(form);
    algorithm kind = algorithm.eltwise_relu_use_dst_for_bwd;
    eltwise_backward.primitive_desc plan =
        new eltwise_backward.primitive_desc(
            new eltwise_backward.desc(kind, md, md, 0, 0),
            engine(),
            new eltwise_forward.primitive_desc(
                new eltwise_forward.desc(prop_kind.forward_training, kind, md, 0, 0), engine()));
    return new OneDnnOperation(engine(), new eltwise_backward(plan), plan)
        .argument(DNNL_ARG_DST, md)
        .argument(DNNL_ARG_DIFF_DST, md)
        .argument(DNNL_ARG_DIFF_SRC, md);
  }

  // Concatenation.

  private record ConcatKey(List<Form> inputs, Form target) {}

  private record SplitKey(Form from, long channel, Form to) {}

  @Override
  public INDArray concat(INDArray[] xs, Buffers buffers) {
    if (isOther(xs[0])) {
      return reference.concat(xs, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    long total = 0;
    boolean blocked = true;
    for (INDArray x : xs) {
      total += Activations.channels(x);
      blocked &= layout(Activations.channels(x)) == Layout.BLOCKED_16;
    }
    Layout common = blocked ? Layout.BLOCKED_16 : Layout.CHANNELS_LAST;
    Form target = Form.of(xs[0]).channels(total, common);
    Form[] forms = new Form[xs.length];
    for (int i = 0; i < xs.length; i++) {
      forms[i] = Form.of(xs[i]).as(common);
    }
    ConcatKey key = new ConcatKey(List.of(forms), target);
    OneDnnOperation operation = session.operation(key, () -> concat(key));
    INDArray y = target.create(buffers);
    for (int i = 0; i < xs.length; i++) {
      operation.place(DNNL_ARG_MULTIPLE_SRC + i, AlignedAddress.of(as(xs[i], forms[i], buffers)));
    }
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return result(y, target.as(layout(total)), buffers);
  }

  private static OneDnnOperation concat(ConcatKey key) {
    memory.desc sources = new memory.desc(key.inputs.size());
    for (int i = 0; i < key.inputs.size(); i++) {
      sources.position(i).put(descriptor(key.inputs.get(i)));
    }
    sources.position(0);
    concat.primitive_desc plan =
        new concat.primitive_desc(
            descriptor(key.target), 1, sources, engine(), new primitive_attr());
    OneDnnOperation operation =
        new OneDnnOperation(engine(), new concat(plan), plan, sources)
            .argument(DNNL_ARG_DST, plan.dst_desc());
    for (int i = 0; i < key.inputs.size(); i++) {
      operation.argument(DNNL_ARG_MULTIPLE_SRC + i, descriptor(key.inputs.get(i)));
    }
    return operation;
  }

  @Override
  public INDArray[] split(INDArray dy, Form[] inputs, Buffers buffers) {
    if (isOther(dy)) {
      return reference.split(dy, inputs, buffers);
    }
    OneDnnSession session = OneDnnSession.get();
    boolean blocked = true;
    for (Form input : inputs) {
      blocked &= layout(input.channels()) == Layout.BLOCKED_16;
    }
    if (blocked && isAppendable(Form.of(dy).layout(), dy)) {
      return cut(dy, inputs, buffers);
    }
    Form from = Form.of(dy).as(blocked ? Layout.BLOCKED_16 : Layout.CHANNELS_LAST);
    INDArray gradient = as(dy, from, buffers);
    INDArray[] dxs = new INDArray[inputs.length];
    long channel = 0;
    for (int i = 0; i < inputs.length; i++) {
      SplitKey key = new SplitKey(from, channel, inputs[i]);
      OneDnnOperation operation = session.operation(key, () -> split(key));
      dxs[i] = inputs[i].create(buffers);
      operation.place(DNNL_ARG_FROM, AlignedAddress.of(gradient));
      operation.place(DNNL_ARG_TO, AlignedAddress.of(dxs[i]));
      session.run(operation);
      channel += inputs[i].channels();
    }
    return dxs;
  }

  /** Whether the channels lie one behind the other, whichever example they belong to. */
  private static boolean isAppendable(Layout layout, INDArray array) {
    return layout == Layout.STACKED_16
        || (layout == Layout.BLOCKED_16 && Activations.examples(array) == 1);
  }

  private static Layout appendable(long examples) {
    return examples == 1 ? Layout.BLOCKED_16 : Layout.STACKED_16;
  }

  @Override
  public INDArray append(INDArray x, INDArray more, long capacity, Buffers buffers) {
    long channels = Activations.channels(x);
    long total = channels + Activations.channels(more);
    if (isOther(x)
        || layout(channels) != Layout.BLOCKED_16
        || layout(Activations.channels(more)) != Layout.BLOCKED_16) {
      return concat(new INDArray[] {x, more}, buffers);
    }
    Form before = Form.of(x);
    Form form = before.channels(total, appendable(before.examples()));
    if (before.layout() == form.layout()) {
      Optional<INDArray> grown = buffers.grown(x, form.memory());
      if (grown.isPresent()) {
        write(more, grown.get(), form, channels, buffers);
        return grown.get();
      }
    }
    long room = Math.max(capacity, total) * (form.length() / total);
    Optional<INDArray> fresh = buffers.growing(DataType.FLOAT, room, form.memory());
    if (fresh.isEmpty()) {
      return concat(new INDArray[] {x, more}, buffers);
    }
    write(x, fresh.get(), form, 0, buffers);
    write(more, fresh.get(), form, channels, buffers);
    return fresh.get();
  }

  private record PartKey(Form part, Form whole, boolean writes) {}

  /** Copies an activation to channels of one that can be appended to. */
  private static void write(INDArray part, INDArray whole, Form form, long from, Buffers buffers) {
    INDArray source = inBlocks(part, buffers);
    copyPart(source, whole, form, from, true);
  }

  private static INDArray inBlocks(INDArray array, Buffers buffers) {
    Form form = Form.of(array);
    return form.layout() == Layout.STACKED_16
        ? array
        : as(array, form.as(Layout.BLOCKED_16), buffers);
  }

  private static void copyPart(
      INDArray part, INDArray whole, Form form, long from, boolean writes) {
    OneDnnSession session = OneDnnSession.get();
    Form outer = Form.of(part);
    Form inner = outer.as(form.layout());
    PartKey key = new PartKey(outer, inner, writes);
    OneDnnOperation operation =
        session.operation(
            key,
            () ->
                writes
                    ? reorder(blocks(outer), blocks(inner))
                    : reorder(blocks(inner), blocks(outer)));
    long bytes = from * form.examples() * form.height() * form.width() * Float.BYTES;
    operation.place(writes ? DNNL_ARG_FROM : DNNL_ARG_TO, AlignedAddress.of(part));
    operation.place(writes ? DNNL_ARG_TO : DNNL_ARG_FROM, AlignedAddress.of(whole).plus(bytes));
    session.run(operation);
  }

  /** The gradient of {@link #append}: the first part stays where it is. */
  private static INDArray[] cut(INDArray dy, Form[] inputs, Buffers buffers) {
    Form form = Form.of(dy);
    INDArray[] parts = new INDArray[inputs.length];
    long from = 0;
    for (int i = 0; i < inputs.length; i++) {
      Form wanted = inputs[i];
      Optional<INDArray> same =
          from == 0 && wanted.layout() == form.layout()
              ? buffers.cut(dy, wanted.memory())
              : Optional.empty();
      if (same.isPresent()) {
        parts[i] = same.get();
      } else {
        Form blocks = wanted.layout() == Layout.STACKED_16 ? wanted : wanted.as(Layout.BLOCKED_16);
        INDArray part = fresh(blocks, wanted, buffers);
        copyPart(part, dy, form, from, false);
        parts[i] = result(part, wanted, buffers);
      }
      from += wanted.channels();
    }
    return parts;
  }

  private static OneDnnOperation split(SplitKey key) {
    long[] dimensions = {key.to.examples(), key.to.channels(), key.to.height(), key.to.width()};
    memory.desc part =
        descriptor(key.from).submemory_desc(dimensions, new long[] {0, key.channel, 0, 0});
    return reorder(part, descriptor(key.to));
  }

  // Layouts.

  private record ReorderKey(Form from, Layout to) {}

  private static engine engine() {
    return OneDnnSession.engine();
  }

  /**
   * Always in logical order N, C, H, W; what is stacked is one example whose rows are those of all.
   */
  private static memory.desc descriptor(Form form) {
    memory.format_tag tag =
        switch (form.layout()) {
          case PLAIN -> memory.format_tag.nchw;
          case CHANNELS_LAST -> memory.format_tag.nhwc;
          case BLOCKED_16, STACKED_16 -> memory.format_tag.nChw16c;
        };
    long stacked = form.layout() == Layout.STACKED_16 ? form.examples() : 1;
    return new memory.desc(
        new long[] {
          form.examples() / stacked, form.channels(), form.height() * stacked, form.width()
        },
        FLOAT,
        tag);
  }

  /** [N,C/16,H*W,16] of blocks in either order. */
  private static memory.desc blocks(Form form) {
    long pixels = form.height() * form.width();
    long blocks = form.channels() / Form.BLOCK;
    long size = pixels * Form.BLOCK;
    boolean stacked = form.layout() == Layout.STACKED_16;
    return new memory.desc(
        new long[] {form.examples(), blocks, pixels, Form.BLOCK},
        FLOAT,
        new long[] {
          stacked ? size : blocks * size, stacked ? form.examples() * size : size, Form.BLOCK, 1
        });
  }

  private static OneDnnOperation reorder(memory.desc from, memory.desc to) {
    reorder.primitive_desc plan = new reorder.primitive_desc(engine(), from, engine(), to);
    return new OneDnnOperation(engine(), new reorder(plan), plan)
        .argument(DNNL_ARG_FROM, from)
        .argument(DNNL_ARG_TO, to);
  }

  /** Whether the values of two forms of one logical shape lie in the same order. */
  private static boolean isSame(Form a, Layout b) {
    return a.layout() == b
        || (a.height() == 1
            && a.width() == 1
            && a.layout() != Layout.STACKED_16
            && b != Layout.STACKED_16)
        || (a.channels() == 1 && a.layout() != Layout.BLOCKED_16 && b != Layout.BLOCKED_16);
  }

  /** The array, or a copy of it, that is aligned and has the order of values of the form. */
  private static INDArray as(INDArray array, Form wanted, Buffers buffers) {
    Form form = Form.of(array);
    if (isSame(form, wanted.layout()) && AlignedArrays.isAligned(array)) {
      return array;
    }
    INDArray source = array;
    if (isStackedOnOneSide(form.layout(), wanted.layout())) {
      // By way of blocks: nothing else lies between stacked and other orders.
      form = form.as(Layout.BLOCKED_16);
      source = as(array, form, buffers);
    }
    INDArray copy = wanted.scratch(buffers);
    copy(source, form, copy, wanted.layout());
    return copy;
  }

  private static boolean isStackedOnOneSide(Layout a, Layout b) {
    return (a == Layout.STACKED_16 && b != Layout.BLOCKED_16 && b != a)
        || (b == Layout.STACKED_16 && a != Layout.BLOCKED_16 && b != a);
  }

  private static void copy(INDArray from, Form form, INDArray to, Layout layout) {
    OneDnnSession session = OneDnnSession.get();
    ReorderKey key = new ReorderKey(form, layout);
    boolean unstacks = form.layout() == Layout.STACKED_16 || layout == Layout.STACKED_16;
    OneDnnOperation operation =
        session.operation(
            key,
            () ->
                unstacks
                    ? reorder(blocks(form), blocks(form.as(layout)))
                    : reorder(descriptor(form), descriptor(form.as(layout))));
    operation.placeAnywhere(DNNL_ARG_FROM, from.data().addressPointer(), from);
    operation.placeAnywhere(DNNL_ARG_TO, to.data().addressPointer(), to);
    session.run(operation);
  }

  /** An array to compute into: the result itself when it has that order, else scratch. */
  private static INDArray fresh(Form computed, Form wanted, Buffers buffers) {
    return isSame(computed, wanted.layout()) ? wanted.create(buffers) : computed.scratch(buffers);
  }

  /** What was computed, in the form that is wanted. */
  private static INDArray result(INDArray computed, Form wanted, Buffers buffers) {
    Form form = Form.of(computed);
    if (form.layout() == wanted.layout()) {
      return computed;
    }
    INDArray source = computed;
    if (isStackedOnOneSide(form.layout(), wanted.layout())) {
      form = form.as(Layout.BLOCKED_16);
      source = as(computed, form, buffers);
    }
    INDArray result = wanted.create(buffers);
    copy(source, form, result, wanted.layout());
    return result;
  }
}
