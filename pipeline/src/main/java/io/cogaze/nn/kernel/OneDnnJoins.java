package io.cogaze.nn.kernel;

import static io.cogaze.nn.kernel.Reorders.as;
import static io.cogaze.nn.kernel.Reorders.blocks;
import static io.cogaze.nn.kernel.Reorders.descriptor;
import static io.cogaze.nn.kernel.Reorders.fresh;
import static io.cogaze.nn.kernel.Reorders.reorder;
import static io.cogaze.nn.kernel.Reorders.result;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_MULTIPLE_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums and concatenations by oneDNN, and their gradients. */
final class OneDnnJoins {
  private final LayoutRule layouts;

  OneDnnJoins(LayoutRule layouts) {
    this.layouts = layouts;
  }

  private record AddReluKey(Form form) {}

  private record ReluKey(Form form) {}

  INDArray addRelu(INDArray a, INDArray b, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    Form form = layouts.output(a);
    AddReluKey key = new AddReluKey(form);
    OneDnnOperation operation =
        session.operation(
            key,
            () -> {
              memory.desc md = descriptor(form);
              binary.primitive_desc plan =
                  new binary.primitive_desc(
                      new binary.desc(algorithm.binary_add, md, md, md),
                      thenRelu(),
                      OneDnnSession.engine());
              return new OneDnnOperation(OneDnnSession.engine(), new binary(plan), plan)
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

  INDArray reluBackward(INDArray y, INDArray dy, Form input, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    Form form = layouts.output(y);
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
            OneDnnSession.engine(),
            new eltwise_forward.primitive_desc(
                new eltwise_forward.desc(prop_kind.forward_training, kind, md, 0, 0),
                OneDnnSession.engine()));
    return new OneDnnOperation(OneDnnSession.engine(), new eltwise_backward(plan), plan)
        .argument(DNNL_ARG_DST, md)
        .argument(DNNL_ARG_DIFF_DST, md)
        .argument(DNNL_ARG_DIFF_SRC, md);
  }

  private record ConcatKey(List<Form> inputs, Form target) {}

  private record SplitKey(Form from, long channel, Form to) {}

  INDArray concat(INDArray[] xs, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    long total = 0;
    boolean blocked = true;
    for (INDArray x : xs) {
      total += Activations.channels(x);
      blocked &= layouts.isInBlocks(Activations.channels(x));
    }
    Layout common = blocked ? layouts.blocked() : Layout.CHANNELS_LAST;
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
    return result(y, target.as(layouts.layout(total)), buffers);
  }

  private static OneDnnOperation concat(ConcatKey key) {
    memory.desc sources = new memory.desc(key.inputs.size());
    for (int i = 0; i < key.inputs.size(); i++) {
      sources.position(i).put(descriptor(key.inputs.get(i)));
    }
    sources.position(0);
    concat.primitive_desc plan =
        new concat.primitive_desc(
            descriptor(key.target), 1, sources, OneDnnSession.engine(), new primitive_attr());
    OneDnnOperation operation =
        new OneDnnOperation(OneDnnSession.engine(), new concat(plan), plan, sources)
            .argument(DNNL_ARG_DST, plan.dst_desc());
    for (int i = 0; i < key.inputs.size(); i++) {
      operation.argument(DNNL_ARG_MULTIPLE_SRC + i, descriptor(key.inputs.get(i)));
    }
    return operation;
  }

  INDArray[] split(INDArray dy, Form[] inputs, Buffers buffers) {
    OneDnnSession session = OneDnnSession.get();
    boolean blocked = true;
    for (Form input : inputs) {
      blocked &= layouts.isInBlocks(input.channels());
    }
    if (blocked && isAppendable(Form.of(dy).layout(), dy)) {
      return cut(dy, inputs, buffers);
    }
    Form from = Form.of(dy).as(blocked ? layouts.blocked() : Layout.CHANNELS_LAST);
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
    return layout.isStacked() || (layout.isBlocked() && Activations.examples(array) == 1);
  }

  private Layout appendable(long examples) {
    return examples == 1 ? layouts.blocked() : layouts.blocked().stack();
  }

  INDArray append(INDArray x, INDArray more, long capacity, Buffers buffers) {
    if (capacity < 0 || capacity > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A row of appended channels has 0 to "
              + Integer.MAX_VALUE
              + " of them, its capacity cannot be "
              + capacity);
    }
    long channels = Activations.channels(x);
    long total = channels + Activations.channels(more);
    if (!layouts.isInBlocks(channels) || !layouts.isInBlocks(Activations.channels(more))) {
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
    Form own = Form.of(part);
    boolean stays = own.layout().isStacked() && own.layout().block() == form.layout().block();
    Form blocks = stays ? own : own.as(form.layout().unstack());
    copyPart(as(part, blocks, buffers), blocks, whole, form, from, true);
  }

  /**
   * Copies a part into the whole, or out of it.
   *
   * @param outer how the part lies in memory, in blocks; its array may have another shape
   */
  private static void copyPart(
      INDArray part, Form outer, INDArray whole, Form form, long from, boolean writes) {
    OneDnnSession session = OneDnnSession.get();
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
    // Blocks of 8 channels begin off a boundary where an odd number of pixels lies before them.
    long place = whole.data().addressPointer().address() + bytes;
    operation.placeAnywhere(writes ? DNNL_ARG_TO : DNNL_ARG_FROM, place, whole);
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
        Form blocks = wanted.layout().isStacked() ? wanted : wanted.as(form.layout().unstack());
        INDArray part = fresh(blocks, wanted, buffers);
        copyPart(part, blocks, dy, form, from, false);
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

  static primitive_attr thenRelu() {
    post_ops after = new post_ops();
    after.append_eltwise(1, algorithm.eltwise_relu, 0, 0);
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(after);
    return attributes;
  }
}
