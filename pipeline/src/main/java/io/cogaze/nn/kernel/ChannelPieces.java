package io.cogaze.nn.kernel;

import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The channels of an activation in blocks, cut into pieces of at most {@value #LONGEST} pixels, as
 * if each piece of each example were a channel of its own: where they lie in memory, the pieces of
 * a block are blocks themselves. What oneDNN sums over a channel it then sums over a piece, in the
 * processor's cache, and the sum of the pieces is taken in float64: a sum of a hundred thousand
 * floats, one after another, has lost its fifth digit.
 *
 * @param form [1,N*C*pieces,pixels of a piece,1] in blocks
 * @param channels C
 * @param examples N
 * @param each pieces of a channel of an example
 * @param stacked whether the examples lie inside the blocks
 */
record ChannelPieces(Form form, int channels, int examples, int each, boolean stacked) {
  private static final int LONGEST = 1024;
  private static final int SHORTEST = 64;

  /** The pieces of a form, if it lies in blocks and its pixels can be divided. */
  static Optional<ChannelPieces> of(Form whole) {
    long pixels = whole.height() * whole.width();
    long length = Math.min(LONGEST, pixels);
    while (pixels % length != 0) {
      length--;
    }
    long pieces = whole.examples() * whole.channels() * (pixels / length);
    if (!whole.layout().isInBlocks() || length < SHORTEST || pieces > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    return Optional.of(
        new ChannelPieces(
            new Form(DataType.FLOAT, whole.layout().unstack(), 1, pieces, length, 1),
            (int) whole.channels(),
            (int) whole.examples(),
            (int) (pixels / length),
            whole.layout().isStacked()));
  }

  /** Pieces of all channels and examples. */
  int count() {
    return channels * examples * each;
  }

  /** The channel of a piece. */
  private int channel(int piece) {
    int size = form.layout().block();
    int block = piece / size / each;
    int first = stacked ? block / examples : block % (channels / size);
    return first * size + piece % size;
  }

  /** A value of each channel as one of each piece. */
  float[] repeat(double[] values) {
    float[] repeated = new float[count()];
    for (int piece = 0; piece < repeated.length; piece++) {
      repeated[piece] = (float) values[channel(piece)];
    }
    return repeated;
  }

  /** The sums of the pieces of each channel. */
  double[] sums(float[] values) {
    double[] sums = new double[channels];
    for (int piece = 0; piece < values.length; piece++) {
      sums[channel(piece)] += values[piece];
    }
    return sums;
  }

  /** Mean and variance of each channel from those of its pieces. */
  double[][] moments(float[] means, float[] variances) {
    int pieces = examples * each;
    double[] mean = sums(means);
    for (int c = 0; c < channels; c++) {
      mean[c] /= pieces;
    }
    double[] variance = new double[channels];
    for (int piece = 0; piece < means.length; piece++) {
      int c = channel(piece);
      double away = means[piece] - mean[c];
      variance[c] += (variances[piece] + away * away) / pieces;
    }
    return new double[][] {mean, variance};
  }
}
