package io.cogaze.nn.network;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.block.UnetBlocks;
import io.cogaze.nn.layer.Pool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * MT-UNet, one U-Net for the gaze map and the diagnosis (Zhu, Rohling, Salcudean, arXiv
 * 2202.07118), as its public code builds it.
 *
 * <ul>
 *   <li>{@code encoder}: five levels of two 3 x 3 convolutions over the grey image, with 2 x 2
 *       maximum pooling between them.
 *   <li>{@code decoder}: levels 5 to 2 of nearest x2, convolution, concatenation with the encoder's
 *       map (skip first) and two convolutions.
 *   <li>{@code saliency-head}: 3 x 3 and 1 x 1 convolution over the decoder's last map.
 *   <li>{@code fused-classifier}: linear, dropout, ReLU, linear over the averages of the encoder's
 *       last map and of the decoder's.
 * </ul>
 */
public final class MtUnet implements Network {
  private static final String NAME = "MT-UNet";
  private static final String ENCODER = CooperativeNetwork.ENCODER;
  private static final String DECODER = CooperativeNetwork.DECODER;
  private static final String SALIENCY_HEAD = CooperativeNetwork.SALIENCY_HEAD;
  private static final String CLASSIFIER = CooperativeNetwork.FUSED_CLASSIFIER;
  private static final int LEVELS = 5;

  private final MtUnetSpec spec;

  public MtUnet(MtUnetSpec spec) {
    this.spec = spec;
  }

  @Override
  public Set<String> parts() {
    return ordered(List.of(ENCODER, DECODER, SALIENCY_HEAD, CLASSIFIER));
  }

  @Override
  public Set<Head> heads() {
    return EnumSet.of(Head.SALIENCY, Head.FUSED_CLASS);
  }

  @Override
  public Set<String> parts(Head head) {
    return switch (head) {
      case SALIENCY -> ordered(List.of(ENCODER, DECODER, SALIENCY_HEAD));
      case FUSED_CLASS -> ordered(List.of(ENCODER, DECODER, CLASSIFIER));
      case EMBEDDING, DENSENET_CLASS -> throw RequestCheck.noHead(NAME, head, heads());
    };
  }

  private static Set<String> ordered(List<String> parts) {
    return Collections.unmodifiableSet(new LinkedHashSet<>(parts));
  }

  @Override
  public BuiltNetwork build(BuildRequest request) {
    RequestCheck.parts(NAME, this, request);
    GraphAssembler g =
        new GraphAssembler(request.seed(), request.updater(), request.trainableParts());
    Activation[] maps = encoder(g);
    Activation decoded = decoder(g, maps);
    List<Head> outputs = new ArrayList<>(request.heads());
    for (Head head : outputs) {
      if (head == Head.SALIENCY) {
        g.output(
            "saliency", request.saliencyOutput(), UnetBlocks.saliency(g, SALIENCY_HEAD, decoded));
      } else {
        g.output(
            "fused-class", request.classOutput(head), classifier(g, maps[LEVELS - 1], decoded));
      }
    }
    return new BuiltNetwork(g.configuration(), outputs, g.names());
  }

  private Activation[] encoder(GraphAssembler g) {
    Activation[] maps = new Activation[LEVELS];
    Activation x = g.input(1, spec.height(), spec.width());
    for (int level = 1; level <= LEVELS; level++) {
      String name = ENCODER + ".level" + level;
      if (level > 1) {
        x = g.pool(name + ".pool", Pool.maximum(2), x);
      }
      x = UnetBlocks.doubleConv(g, name, x, width(level));
      maps[level - 1] = x;
    }
    return maps;
  }

  private Activation decoder(GraphAssembler g, Activation[] maps) {
    Activation x = maps[LEVELS - 1];
    for (int level = LEVELS; level > 1; level--) {
      String name = DECODER + ".level" + level;
      int width = width(level - 1);
      x = UnetBlocks.up(g, name + ".up", x, width);
      x = g.concat(name + ".concat", maps[level - 2], x);
      x = UnetBlocks.doubleConv(g, name + ".convs", x, width);
    }
    return x;
  }

  private Activation classifier(GraphAssembler g, Activation deepest, Activation decoded) {
    Activation below = g.pool(CLASSIFIER + ".pool1", Pool.globalAverage(), deepest);
    Activation above = g.pool(CLASSIFIER + ".pool2", Pool.globalAverage(), decoded);
    return UnetBlocks.classifier(
        g, CLASSIFIER, spec.hidden(), spec.dropout(), spec.classes(), below, above);
  }

  private int width(int level) {
    return spec.baseWidth() << (level - 1);
  }
}
