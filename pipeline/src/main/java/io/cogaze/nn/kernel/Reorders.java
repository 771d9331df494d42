package io.cogaze.nn.kernel;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import java.util.Optional;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How oneDNN is told where the values of an activation lie, and copies from one order to another.
 */
final class Reorders {
  static final memory.data_type FLOAT = memory.data_type.f32;

  private Reorders() {}

  private record ReorderKey(Form from, Layout to) {}

  /**
   * Always in logical order N, C, H, W; what is stacked is one example whose rows are those of all.
   */
  static memory.desc descriptor(Form form) {
    memory.format_tag tag =
        switch (form.layout()) {
          case PLAIN -> memory.format_tag.nchw;
          case CHANNELS_LAST -> memory.format_tag.nhwc;
          case BLOCKED_8, STACKED_8 -> memory.format_tag.nChw8c;
          case BLOCKED_16, STACKED_16 -> memory.format_tag.nChw16c;
        };
    long stacked = form.layout().isStacked() ? form.examples() : 1;
    return new memory.desc(
        new long[] {
          form.examples() / stacked, form.channels(), form.height() * stacked, form.width()
        },
        FLOAT,
        tag);
  }

  /** [N,C/B,H*W,B] of blocks of B channels in either order. */
  static memory.desc blocks(Form form) {
    int block = form.layout().block();
    long pixels = form.height() * form.width();
    long blocks = form.channels() / block;
    long size = pixels * block;
    boolean stacked = form.layout().isStacked();
    return new memory.desc(
        new long[] {form.examples(), blocks, pixels, block},
        FLOAT,
        new long[] {
          stacked ? size : blocks * size, stacked ? form.examples() * size : size, block, 1
        });
  }

  static OneDnnOperation reorder(memory.desc from, memory.desc to) {
    reorder.primitive_desc plan =
        new reorder.primitive_desc(OneDnnSession.engine(), from, OneDnnSession.engine(), to);
    return new OneDnnOperation(OneDnnSession.engine(), new reorder(plan), plan)
        .argument(DNNL_ARG_FROM, from)
        .argument(DNNL_ARG_TO, to);
  }

  /** Whether the values of two forms of one logical shape lie in the same order. */
  private static boolean isSame(Form a, Layout b) {
    return a.layout() == b
        || (a.height() == 1 && a.width() == 1 && !a.layout().isStacked() && !b.isStacked())
        || (a.channels() == 1 && !a.layout().isInBlocks() && !b.isInBlocks())
        || isSingleBlock(a, b)
        || isSingleBlock(a.as(b), a.layout());
  }

  /** One block of channels lies as channels last do. */
  private static boolean isSingleBlock(Form a, Layout b) {
    return a.layout().isBlocked()
        && a.channels() == a.layout().block()
        && b == Layout.CHANNELS_LAST;
  }

  /** The array, or a copy of it, that is aligned and has the order of values of the form. */
  static INDArray as(INDArray array, Form wanted, Buffers buffers) {
    Form form = Form.of(array);
    if (isSame(form, wanted.layout()) && AlignedArrays.isAligned(array)) {
      return array;
    }
    return copied(array, form, wanted.scratch(buffers), wanted, buffers);
  }

  private static INDArray copied(
      INDArray array, Form form, INDArray target, Form wanted, Buffers buffers) {
    INDArray source = array;
    Form from = form;
    Optional<Layout> step = between(from.layout(), wanted.layout());
    while (step.isPresent()) {
      Form next = from.as(step.get());
      if (!isSame(from, next.layout())) {
        INDArray moved = next.scratch(buffers);
        copy(source, from, moved, next.layout());
        source = moved;
      }
      from = next;
      step = between(from.layout(), wanted.layout());
    }
    copy(source, from, target, wanted.layout());
    return target;
  }

  /** What is stacked is copied from and to blocks of its own size only: the layout on the way. */
  private static Optional<Layout> between(Layout from, Layout to) {
    if (from.isStacked() && to != from && to != from.unstack()) {
      return Optional.of(from.unstack());
    }
    return to.isStacked() && from != to && from != to.unstack()
        ? Optional.of(to.unstack())
        : Optional.empty();
  }

  /**
   * Copies values from one order to another; the arrays may begin anywhere.
   *
   * @param form of the source
   * @param layout of the target
   */
  static void copy(INDArray from, Form form, INDArray to, Layout layout) {
    OneDnnSession session = OneDnnSession.get();
    ReorderKey key = new ReorderKey(form, layout);
    boolean unstacks = form.layout().isStacked() || layout.isStacked();
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
  static INDArray fresh(Form computed, Form wanted, Buffers buffers) {
    return isSame(computed, wanted.layout()) ? wanted.create(buffers) : computed.scratch(buffers);
  }

  /** What was computed, in the form that is wanted. */
  static INDArray result(INDArray computed, Form wanted, Buffers buffers) {
    Form form = Form.of(computed);
    if (form.layout() == wanted.layout()) {
      return computed;
    }
    return copied(computed, form, wanted.create(buffers), wanted, buffers);
  }
}
