package io.cogaze.nn.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Type, layout and size of an activation.
 *
 * @param examples N
 * @param channels C
 * @param height H
 * @param width W
 */
public record Form(
    DataType type, Layout layout, long examples, long channels, long height, long width) {
  public Form {
    if (channels % layout.block() != 0) {
      throw new IllegalArgumentException(
          channels
              + " channels cannot lie in blocks of "
              + layout.block()
              + ": they are no multiple of it");
    }
  }

  /** The size of another form. */
  Form(DataType type, Layout layout, Form size) {
    this(type, layout, size.examples, size.channels, size.height, size.width);
  }

  /** The form of an array [N,C,H,W] or [N,C]. Errors: as {@link Activations#layout}. */
  public static Form of(INDArray array) {
    return new Form(
        array.dataType(),
        Activations.layout(array),
        Activations.examples(array),
        Activations.channels(array),
        Activations.height(array),
        Activations.width(array));
  }

  /** The same with another layout. */
  public Form as(Layout other) {
    return new Form(type, other, examples, channels, height, width);
  }

  /** The same with another number of channels and the layout for it. */
  public Form channels(long number, Layout other) {
    return new Form(type, other, examples, number, height, width);
  }

  /** The same with another size. */
  public Form size(long rows, long columns) {
    return new Form(type, layout, examples, channels, rows, columns);
  }

  /** N * C * H * W. */
  public long length() {
    return examples * channels * height * width;
  }

  /** A new array of this form, not cleared. */
  public INDArray create(Buffers buffers) {
    return view(buffers.result(type, memory()));
  }

  /** A new array of this form for the time of a call, not cleared. */
  public INDArray scratch(Buffers buffers) {
    return view(buffers.scratch(type, memory()));
  }

  /** The shape of the memory, in its order. */
  long[] memory() {
    int block = layout.block();
    return switch (layout) {
      case PLAIN -> new long[] {examples, channels, height, width};
      case CHANNELS_LAST -> new long[] {examples, height, width, channels};
      case BLOCKED_8, BLOCKED_16 -> new long[] {examples, channels / block, height, width, block};
      case STACKED_8, STACKED_16 ->
          new long[] {channels / block, examples, height, width, block, 1};
    };
  }

  private INDArray view(INDArray memory) {
    return layout == Layout.CHANNELS_LAST ? memory.permute(0, 3, 1, 2) : memory;
  }

  @Override
  public String toString() {
    return "[" + examples + "," + channels + "," + height + "," + width + "] " + type + " "
        + layout;
  }
}
