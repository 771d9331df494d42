package io.cogaze.nn.block;

import io.cogaze.nn.layer.Convolution;

/** Blocks of U-shaped networks: 3 x 3 convolutions with bias, batch normalisation, ReLU. */
public final class UnetBlocks {
  private static final int SE_REDUCTION = 16;

  private UnetBlocks() {}

  /** 3 x 3 convolution, normalisation, ReLU: {@code NAME.conv}, {@code NAME.norm}. */
  public static Activation convNormRelu(GraphAssembler g, String name, Activation in, int width) {
    Activation x = conv3(g, name + ".conv", in, width);
    return g.normRelu(name + ".norm", x);
  }

  /** Twice convolution, normalisation, ReLU: {@code NAME.conv1}, {@code NAME.norm1}, ... */
  public static Activation doubleConv(GraphAssembler g, String name, Activation in, int width) {
    Activation x = g.normRelu(name + ".norm1", conv3(g, name + ".conv1", in, width));
    return g.normRelu(name + ".norm2", conv3(g, name + ".conv2", x, width));
  }

  /** Nearest x2, then convolution, normalisation, ReLU. */
  public static Activation up(GraphAssembler g, String name, Activation in, int width) {
    return convNormRelu(g, name, g.upsample(name + ".upsample", in), width);
  }

  /**
   * The residual block of the cooperative network's second encoder, with squeeze and excitation:
   * the shortcut is always a learned 3 x 3 convolution without normalisation.
   */
  public static Activation residualSqueezeExcite(
      GraphAssembler g, String name, Activation in, int width) {
    Activation x = g.normRelu(name + ".norm1", conv3(g, name + ".conv1", in, width));
    x = g.norm(name + ".norm2", conv3(g, name + ".conv2", x, width));
    Activation shortcut = conv3(g, name + ".shortcut", in, width);
    Activation sum = g.addRelu(name + ".add", x, shortcut);
    return g.squeezeExcite(name + ".se", SE_REDUCTION, sum);
  }

  /** The logits of a map: {@link #convNormRelu}, then a 1 x 1 convolution {@code NAME.last}. */
  public static Activation saliency(GraphAssembler g, String name, Activation in) {
    Activation x = convNormRelu(g, name, in, in.channels());
    return g.convolution(name + ".last", Convolution.same(x.channels(), 1, 1, true), x);
  }

  /** The logits of classes: the vectors joined, linear, dropout, ReLU, linear. */
  public static Activation classifier(
      GraphAssembler g, String name, int hidden, double dropout, int classes, Activation... ins) {
    Activation x = g.linear(name + ".fc1", hidden, g.concat(name + ".concat", ins));
    x = g.dropoutRelu(name + ".dropout", dropout, x);
    return g.linear(name + ".fc2", classes, x);
  }

  private static Activation conv3(GraphAssembler g, String name, Activation in, int width) {
    return g.convolution(name, Convolution.same(in.channels(), width, 3, true), in);
  }
}
