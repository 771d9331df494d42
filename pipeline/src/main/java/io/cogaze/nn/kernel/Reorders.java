package io.cogaze.nn.kernel;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

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
  static memory.desc blocks(Form form) {
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
        || (a.height() == 1
            && a.width() == 1
            && a.layout() != Layout.STACKED_16
            && b != Layout.STACKED_16)
        || (a.channels() == 1 && a.layout() != Layout.BLOCKED_16 && b != Layout.BLOCKED_16);
  }

  /** The array, or a copy of it, that is aligned and has the order of values of the form. */
  static INDArray as(INDArray array, Form wanted, Buffers buffers) {
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

  /**
   * Copies values from one order to another; the arrays may begin anywhere.
   *
   * @param form of the source
   * @param layout of the target
   */
  static void copy(INDArray from, Form form, INDArray to, Layout layout) {
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
  static INDArray fresh(Form computed, Form wanted, Buffers buffers) {
    return isSame(computed, wanted.layout()) ? wanted.create(buffers) : computed.scratch(buffers);
  }

  /** What was computed, in the form that is wanted. */
  static INDArray result(INDArray computed, Form wanted, Buffers buffers) {
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
