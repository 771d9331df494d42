package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.result;
import static io.cogaze.nn.kernel.Windows.end;
import static io.cogaze.nn.kernel.Windows.pair;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import io.cogaze.nn.kernel.ConvolutionRule.Direction;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Pooling by oneDNN. */
final class OneDnnPooling {
  private final LayoutRule layouts;

  OneDnnPooling(LayoutRule layouts) {
    this.layouts = layouts;
  }

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
        OneDnnSession.engine());
  }

  private static OneDnnOperation poolForward(PoolKey key) {
    pooling_forward.primitive_desc plan = poolDescriptor(key);
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new pooling_forward(plan), plan)
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
            OneDnnSession.engine(),
            poolDescriptor(key));
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new pooling_backward(plan), plan)
            .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc())
            .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc());
    return key.maximum ? operation.argument(DNNL_ARG_WORKSPACE, plan.workspace_desc()) : operation;
  }

  MaxPooled maxPool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    PoolKey key = poolKey(Direction.FORWARD, shape, layouts.output(x), true);
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

  INDArray maxPoolBackward(
      ConvolutionShape shape, INDArray x, MaxPooled forward, INDArray dy, Buffers buffers) {
    PoolKey key = poolKey(Direction.DATA, shape, layouts.output(x), true);
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

  INDArray averagePool(ConvolutionShape shape, INDArray x, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    PoolKey key = poolKey(Direction.FORWARD, shape, layouts.output(x), false);
    OneDnnOperation operation = session.operation(key, () -> poolForward(key));
    INDArray y = key.target.create(buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, key.source, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return y;
  }

  INDArray averagePoolBackward(ConvolutionShape shape, Form input, INDArray dy, Buffers buffers) {
    PoolKey key = poolKey(Direction.DATA, shape, input.as(layouts.layout(input.channels())), false);
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

  INDArray globalAverage(INDArray x, Buffers buffers) {
    // With one pixel every layout is [N,C].
    INDArray y = averagePool(whole(Form.of(x)), x, buffers);
    return y.reshape('c', Activations.examples(x), Activations.channels(x));
  }

  INDArray globalAverageBackward(Form input, INDArray dy, Buffers buffers) {
    return averagePoolBackward(whole(input), input, dy, buffers);
  }
}
