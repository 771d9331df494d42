package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.FLOAT;
import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.copy;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.result;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What is one value for each channel of each example, by way of oneDNN's other operations. */
final class OneDnnChannels {
  private final LayoutRule layouts;

  OneDnnChannels(LayoutRule layouts) {
    this.layouts = layouts;
  }

  INDArray scaleChannels(INDArray x, double[] scale, double[] shift, Form output, Buffers buffers) {
    Form form = layouts.output(x);
    INDArray in = as(x, form, buffers);
    INDArray y = fresh(form, output, buffers);
    int c = (int) form.channels();
    for (Slice slice : slices(form)) {
      INDArray target = slice.of(y);
      boolean isAligned = AlignedArrays.isAligned(target);
      INDArray computed = isAligned ? target : slice.form.scratch(buffers);
      OneDnnBatchNorm.affine(
          slice.aligned(in, buffers),
          computed,
          slice.form,
          slice.values(scale, c),
          slice.values(shift, c),
          false);
      if (!isAligned) {
        copy(computed, slice.form, target, slice.form.layout());
      }
    }
    return result(y, output, buffers);
  }

  /**
   * A part of an activation whose examples are taken as channels of one: blocks lie one behind the
   * other whichever example they belong to, so that they need a single slice.
   */
  private record Slice(Form form, long examples, int from) {
    INDArray of(INDArray array) {
      if (form.layout().isBlocked()) {
        return array;
      }
      return Nd4j.create(
          array.data(),
          new long[] {1, form.channels(), form.height(), form.width()},
          array.stride().clone(),
          array.offset() + from * form.length(),
          'c');
    }

    /**
     * The part, or a copy of it: examples of channels last whose values fill no whole number of
     * cache lines begin anywhere.
     */
    INDArray aligned(INDArray array, Buffers buffers) {
      return as(of(array), form, buffers);
    }

    double[] values(double[] all, int channels) {
      int width = channels * (int) examples;
      return Arrays.copyOfRange(all, from * channels, from * channels + width);
    }
  }

  private static List<Slice> slices(Form form) {
    if (form.layout().isBlocked()) {
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

  double[] channelProducts(INDArray a, INDArray b, Buffers buffers) {
    Form form = layouts.output(a);
    INDArray left = as(a, form, buffers);
    INDArray right = as(b, form, buffers);
    int c = (int) form.channels();
    double[] products = new double[(int) form.examples() * c];
    for (Slice slice : slices(form)) {
      INDArray x = slice.aligned(left, buffers);
      INDArray y = slice.aligned(right, buffers);
      double[] values =
          form.layout().isBlocked()
              ? products(x, y, slice.form)
              : OneDnnBatchNorm.products(x, y, slice.form, buffers);
      System.arraycopy(values, 0, products, slice.from * c, values.length);
    }
    return products;
  }

  private static double[] products(INDArray x, INDArray y, Form form) {
    OneDnnSession session = OneDnnSession.get();
    ProductsKey key = new ProductsKey(form);
    OneDnnOperation operation = session.operation(key, () -> products(key));
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(x));
    operation.place(DNNL_ARG_DIFF_DST, AlignedAddress.of(y));
    session.run(operation);
    return operation.own(DNNL_ARG_DIFF_WEIGHTS).doubles((int) form.channels());
  }

  private record ProductsKey(Form form) {}

  /** The gradient of the weights of a 1 x 1 convolution of each channel by itself. */
  private static OneDnnOperation products(ProductsKey key) {
    long channels = key.form.channels();
    long[] one = {1, 1};
    long[] none = {0, 0};
    memory.desc md = descriptor(key.form);
    memory.desc weights =
        new memory.desc(new long[] {channels, 1, 1, 1, 1}, FLOAT, memory.format_tag.any);
    convolution_backward_weights.primitive_desc plan =
        new convolution_backward_weights.primitive_desc(
            new convolution_backward_weights.desc(
                algorithm.convolution_direct, md, weights, md, one, none, none),
            OneDnnSession.engine(),
            new convolution_forward.primitive_desc(
                new convolution_forward.desc(
                    prop_kind.forward_training,
                    algorithm.convolution_direct,
                    md,
                    weights,
                    md,
                    one,
                    none,
                    none),
                OneDnnSession.engine()));
    return new OneDnnOperation(OneDnnSession.engine(), new convolution_backward_weights(plan), plan)
        .argument(DNNL_ARG_SRC, md)
        .argument(DNNL_ARG_DIFF_DST, md)
        .ownArgument(DNNL_ARG_DIFF_WEIGHTS, plan.diff_weights_desc());
  }

  private record AddKey(Form form) {}

  /**
   * y += x * factor + constant for each channel: a 1 x 1 convolution of each channel by itself that
   * adds to what is there.
   *
   * @param form of x and y, in blocks
   */
  static void addAffine(INDArray x, float[] factor, float[] constant, INDArray y, Form form) {
    OneDnnSession session = OneDnnSession.get();
    OneDnnOperation operation = session.operation(new AddKey(form), () -> addTo(form));
    operation.own(DNNL_ARG_WEIGHTS).put(factor);
    operation.own(DNNL_ARG_BIAS).put(constant);
    operation.place(DNNL_ARG_SRC, AlignedAddress.of(x));
    operation.place(DNNL_ARG_DST, AlignedAddress.of(y));
    session.run(operation);
  }

  private static OneDnnOperation addTo(Form form) {
    long[] one = {1, 1};
    long[] none = {0, 0};
    memory.desc md = descriptor(form);
    post_ops sum = new post_ops();
    sum.append_sum();
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(sum);
    convolution_forward.primitive_desc plan =
        new convolution_forward.primitive_desc(
            new convolution_forward.desc(
                prop_kind.forward_inference,
                algorithm.convolution_direct,
                md,
                new memory.desc(
                    new long[] {form.channels(), 1, 1, 1, 1}, FLOAT, memory.format_tag.any),
                new memory.desc(new long[] {form.channels()}, FLOAT, memory.format_tag.x),
                md,
                one,
                none,
                none),
            attributes,
            OneDnnSession.engine());
    return new OneDnnOperation(OneDnnSession.engine(), new convolution_forward(plan), plan)
        .argument(DNNL_ARG_SRC, md)
        .ownArgument(DNNL_ARG_WEIGHTS, plan.weights_desc())
        .ownArgument(DNNL_ARG_BIAS, plan.bias_desc())
        .argument(DNNL_ARG_DST, md);
  }
}
