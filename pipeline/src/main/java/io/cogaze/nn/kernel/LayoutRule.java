package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where the values of activations of FLOAT lie: in blocks of channels where these can be divided
 * into them, else with channels last.
 *
 * @param blocked blocks of the size that the CPU computes fastest on, or channels last for no
 *     blocks at all
 */
record LayoutRule(Layout blocked) {
  Layout layout(long channels) {
    return channels % blocked.block() == 0 ? blocked : Layout.CHANNELS_LAST;
  }

  /** One layout for both sides of a convolution. */
  Layout layout(long inputs, long outputs) {
    return isInBlocks(inputs) && isInBlocks(outputs) ? blocked : Layout.CHANNELS_LAST;
  }

  boolean isInBlocks(long channels) {
    return layout(channels).isInBlocks();
  }

  /** The form of what a layer computes from an activation without changing its size. */
  Form output(INDArray x) {
    Form form = Form.of(x);
    return form.as(layout(form.channels()));
  }
}
