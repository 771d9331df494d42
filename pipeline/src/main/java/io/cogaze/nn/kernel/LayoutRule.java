package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where the values of activations of FLOAT lie: in blocks of 16 channels, or with channels last.
 *
 * @param blocks whether the CPU computes fastest on blocks
 */
record LayoutRule(boolean blocks) {
  Layout layout(long channels) {
    return blocks && channels % Form.BLOCK == 0 ? Layout.BLOCKED_16 : Layout.CHANNELS_LAST;
  }

  /** One layout for both sides of a convolution. */
  Layout layout(long inputs, long outputs) {
    return layout(inputs) == Layout.BLOCKED_16 && layout(outputs) == Layout.BLOCKED_16
        ? Layout.BLOCKED_16
        : Layout.CHANNELS_LAST;
  }

  /** The form of what a layer computes from an activation without changing its size. */
  Form output(INDArray x) {
    Form form = Form.of(x);
    return form.as(layout(form.channels()));
  }
}
