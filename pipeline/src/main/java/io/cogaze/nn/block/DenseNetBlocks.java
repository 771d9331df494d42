package io.cogaze.nn.block;

import io.cogaze.nn.kernel.ConvolutionShape;
import io.cogaze.nn.layer.Convolution;
import io.cogaze.nn.layer.Convolution.Initialisation;
import io.cogaze.nn.layer.Pool;
import java.util.List;

/**
 * DenseNet's feature layers with bottleneck and compression (Huang et al., CVPR 2017), named as
 * torchvision names them. Convolutions have no bias and start from He's normal distribution.
 */
public final class DenseNetBlocks {
  private static final int BOTTLENECK = 4;

  private DenseNetBlocks() {}

  /** Everything up to and with the last dense block, without the last normalisation. */
  public static Activation features(
      GraphAssembler g,
      String part,
      Activation in,
      List<Integer> blocks,
      int growth,
      int stem,
      int repeat) {
    Convolution first =
        Convolution.halving(in.channels() * repeat, stem, 7, false)
            .initialisation(Initialisation.HE_NORMAL)
            .repeat(repeat);
    Activation x = g.convolution(part + ".conv0", first, in);
    x = g.normRelu(part + ".norm0", x);
    x = g.pool(part + ".pool0", Pool.maximum(ConvolutionShape.square(3, 2, 1)), x);
    for (int block = 1; block <= blocks.size(); block++) {
      int capacity = x.channels() + growth * blocks.get(block - 1);
      for (int layer = 1; layer <= blocks.get(block - 1); layer++) {
        x = dense(g, part + ".denseblock" + block + ".denselayer" + layer, x, growth, capacity);
      }
      if (block < blocks.size()) {
        x = transition(g, part + ".transition" + block, x);
      }
    }
    return x;
  }

  private static Activation dense(
      GraphAssembler g, String name, Activation in, int growth, int capacity) {
    Activation x = g.normRelu(name + ".norm1", in);
    x = convolution(g, name + ".conv1", x, BOTTLENECK * growth, 1);
    x = g.normRelu(name + ".norm2", x);
    x = convolution(g, name + ".conv2", x, growth, 3);
    return g.append(name + ".concat", in, x, capacity);
  }

  private static Activation transition(GraphAssembler g, String name, Activation in) {
    Activation x = g.normRelu(name + ".norm", in);
    x = convolution(g, name + ".conv", x, in.channels() / 2, 1);
    return g.pool(name + ".pool", Pool.average(2), x);
  }

  private static Activation convolution(
      GraphAssembler g, String name, Activation in, int outputs, int kernel) {
    return g.convolution(
        name,
        Convolution.same(in.channels(), outputs, kernel, false)
            .initialisation(Initialisation.HE_NORMAL),
        in);
  }
}
