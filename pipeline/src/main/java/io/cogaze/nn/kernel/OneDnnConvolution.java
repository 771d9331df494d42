package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.FLOAT;
import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.reorder;
import static io.cogaze.nn.kernel.Reorders.result;
import static io.cogaze.nn.kernel.Windows.dilation;
import static io.cogaze.nn.kernel.Windows.end;
import static io.cogaze.nn.kernel.Windows.pair;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.cogaze.nn.kernel.ConvolutionRule.Algorithm;
import io.cogaze.nn.kernel.ConvolutionRule.Direction;
import io.cogaze.nn.kernel.OneDnnSession.Scratch;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Convolutions by oneDNN. */
final class OneDnnConvolution {
  private static final ConvolutionShape POINTWISE = ConvolutionShape.square(1, 1, 0);

  private final LayoutRule layouts;
  private final ConvolutionRule rule;

  OneDnnConvolution(LayoutRule layouts, ConvolutionRule rule) {
    this.layouts = layouts;
    this.rule = rule;
  }

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

    /**
     * Whether a single input channel is filled up to a block: oneDNN's machine code for AVX2 takes
     * the gradient of its weights only so, and computes it 50 times faster than without.
     */
    boolean isPadded() {
      return direction == Direction.WEIGHTS
          && source.layout() == Layout.PLAIN
          && target.layout() == Layout.BLOCKED_8;
    }

    memory.desc sourceDescriptor() {
      long[] size = {source.examples(), source.channels(), source.height(), source.width()};
      return isPadded()
          ? new memory.desc(size, FLOAT, memory.format_tag.nChw8c)
          : descriptor(source);
    }
  }

  private record PaddingKey(Form source) {}

  private record WeightsKey(Direction direction, ConvolutionKey of) {}

  private ConvolutionKey key(
      Direction direction, ConvolutionShape shape, Form input, long outputs, boolean bias) {
    if (input.layout().isStacked()
        && input.layout().unstack() == layouts.blocked()
        && shape.equals(POINTWISE)
        && layouts.isInBlocks(outputs)) {
      Form target = input.channels(outputs, input.layout());
      return new ConvolutionKey(direction, shape, input, target, Algorithm.DIRECT, bias, false);
    }
    // A single channel lies the same way in every layout; only its gradient wants another.
    boolean first =
        direction != Direction.DATA && input.channels() == 1 && layouts.isInBlocks(outputs);
    Layout layout = first ? layouts.blocked() : layouts.layout(input.channels(), outputs);
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

  INDArray convolution(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
    return convolution(
        key(Direction.FORWARD, shape, Form.of(x), w.size(0), b != null), x, w, b, buffers);
  }

  INDArray convolutionRelu(
      ConvolutionShape shape, INDArray x, INDArray w, INDArray b, Buffers buffers) {
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
    Form wanted = key.target.as(layouts.layout(w.size(0)));
    INDArray y = fresh(key.target, wanted, buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_WEIGHTS, weights(session, key, operation, w));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return result(y, wanted, buffers);
  }

  INDArray convolutionBackwardData(
      ConvolutionShape shape, INDArray w, INDArray dy, Form input, Buffers buffers) {
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

  void convolutionBackwardWeights(
      ConvolutionShape shape, INDArray x, INDArray dy, INDArray dw, INDArray db, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    ConvolutionKey key = key(Direction.WEIGHTS, shape, Form.of(x), dw.size(0), db != null);
    OneDnnOperation operation = session.operation(key, () -> backwardWeights(key));
    memory.desc descriptor = operation.descriptor(DNNL_ARG_DIFF_WEIGHTS);
    AlignedAddress scratch = session.scratch(Scratch.WEIGHT_GRADIENTS, descriptor);
    INDArray source = as(x, key.source, buffers);
    operation.place(
        DNNL_ARG_SRC, AlignedAddress.of(key.isPadded() ? padded(source, key, buffers) : source));
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

  /** A copy of the input whose block is filled up with channels of zeros. */
  private static INDArray padded(INDArray x, ConvolutionKey key, Buffers buffers) {
    memory.desc descriptor = key.sourceDescriptor();
    INDArray padded = buffers.scratch(DataType.FLOAT, descriptor.get_size() / Float.BYTES);
    OneDnnSession session = OneDnnSession.get();
    OneDnnOperation copy =
        session.operation(
            new PaddingKey(key.source), () -> reorder(descriptor(key.source), descriptor));
    copy.place(DNNL_ARG_FROM, AlignedAddress.of(x));
    copy.place(DNNL_ARG_TO, AlignedAddress.of(padded));
    session.run(copy);
    return padded;
  }

  /** The gradient of the output in the order of values that both gradients are computed from. */
  INDArray gradient(
      ConvolutionShape shape, Form input, long outputs, INDArray dy, Buffers buffers) {
    return as(dy, key(Direction.DATA, shape, input, outputs, false).target, buffers);
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

  private static convolution_forward.primitive_desc forwardDescriptor(ConvolutionKey key) {
    long[] strides = pair(key.shape.stride());
    long[] begin = pair(key.shape.padding());
    long[] end = end(key.shape, key.source, key.target);
    convolution_forward.desc descriptor =
        key.bias
            ? new convolution_forward.desc(
                prop_kind.forward_training,
                algorithm(key),
                key.sourceDescriptor(),
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
                key.sourceDescriptor(),
                any(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end);
    if (!key.relu) {
      return new convolution_forward.primitive_desc(descriptor, OneDnnSession.engine());
    }
    return new convolution_forward.primitive_desc(
        descriptor, OneDnnJoins.thenRelu(), OneDnnSession.engine());
  }

  private static OneDnnOperation forward(ConvolutionKey key) {
    convolution_forward.primitive_desc plan = forwardDescriptor(key);
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new convolution_forward(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_WEIGHTS, plan.weights_desc())
            .argument(DNNL_ARG_DST, plan.dst_desc());
    return key.bias ? operation.ownArgument(DNNL_ARG_BIAS, bias(key)) : operation;
  }

  private static OneDnnOperation backwardData(ConvolutionKey key) {
    convolution_backward_data.desc descriptor =
        new convolution_backward_data.desc(
            algorithm(key),
            key.sourceDescriptor(),
            any(key),
            descriptor(key.target),
            pair(key.shape.stride()),
            dilation(key.shape),
            pair(key.shape.padding()),
            end(key.shape, key.source, key.target));
    convolution_backward_data.primitive_desc plan =
        new convolution_backward_data.primitive_desc(
            descriptor, OneDnnSession.engine(), forwardDescriptor(key));
    return new OneDnnOperation(OneDnnSession.engine(), new convolution_backward_data(plan), plan)
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
                key.sourceDescriptor(),
                any(key),
                bias(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end)
            : new convolution_backward_weights.desc(
                algorithm(key),
                key.sourceDescriptor(),
                any(key),
                descriptor(key.target),
                strides,
                dilation(key.shape),
                begin,
                end);
    convolution_backward_weights.primitive_desc plan =
        new convolution_backward_weights.primitive_desc(
            descriptor, OneDnnSession.engine(), forwardDescriptor(key));
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new convolution_backward_weights(plan), plan)
            .argument(DNNL_ARG_SRC, plan.src_desc())
            .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
            .argument(DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc());
    return key.bias ? operation.ownArgument(DNNL_ARG_DIFF_BIAS, bias(key)) : operation;
  }
}
