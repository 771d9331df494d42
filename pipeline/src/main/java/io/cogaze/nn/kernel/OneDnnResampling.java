package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.result;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import io.cogaze.nn.kernel.ConvolutionRule.Direction;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.resampling_backward;
import org.bytedeco.dnnl.resampling_forward;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Enlargement by oneDNN. */
final class OneDnnResampling {
  private final LayoutRule layouts;

  OneDnnResampling(LayoutRule layouts) {
    this.layouts = layouts;
  }

  private record ResamplingKey(Direction direction, Form source, Form target) {}

  private static resampling_forward.primitive_desc resamplingDescriptor(ResamplingKey key) {
    return new resampling_forward.primitive_desc(
        new resampling_forward.desc(
            prop_kind.forward_training,
            algorithm.resampling_nearest,
            descriptor(key.source),
            descriptor(key.target)),
        OneDnnSession.engine());
  }

  INDArray upsample2(INDArray x, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    Form source = layouts.output(x);
    ResamplingKey key =
        new ResamplingKey(
            Direction.FORWARD, source, source.size(2 * source.height(), 2 * source.width()));
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              resampling_forward.primitive_desc plan = resamplingDescriptor(key);
              return new OneDnnOperation(OneDnnSession.engine(), new resampling_forward(plan), plan)
                  .argument(DNNL_ARG_SRC, plan.src_desc())
                  .argument(DNNL_ARG_DST, plan.dst_desc());
            });
    INDArray y = key.target.create(buffers);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(as(x, source, buffers)));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
    return y;
  }

  INDArray upsample2Backward(Form input, INDArray dy, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    Form source = input.as(layouts.layout(input.channels()));
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
                      OneDnnSession.engine(),
                      resamplingDescriptor(key));
              return new OneDnnOperation(
                      OneDnnSession.engine(), new resampling_backward(plan), plan)
                  .argument(DNNL_ARG_DIFF_SRC, plan.diff_src_desc())
                  .argument(DNNL_ARG_DIFF_DST, plan.diff_dst_desc());
            });
    INDArray dx = fresh(source, input, buffers);
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(as(dy, key.target, buffers)));
    operation.place(DNNL_ARG_DIFF_SRC, AlignedAddress.of(dx));
    session.run(operation);
    return result(dx, input, buffers);
  }
}
