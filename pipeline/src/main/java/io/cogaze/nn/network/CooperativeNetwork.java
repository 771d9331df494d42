package io.cogaze.nn.network;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.DenseNetBlocks;
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
 * The cooperative dual-encoder network (Qiu, Rivaz, Xiao, Med Phys 2025, doi:10.1002/mp.17977,
 * arXiv 2403.16970), as its public code builds it.
 *
 * <ul>
 *   <li>{@code densenet}: a DenseNet over the grey image repeated to three channels.
 *   <li>{@code densenet-classifier}: its own linear classifier over relu(norm5), averaged.
 *   <li>{@code encoder}: five residual blocks with squeeze and excitation over the grey image.
 *   <li>{@code decoder}: five levels of nearest x2, convolution and concatenation with the
 *       encoder's maps (skip first), starting from the last dense block before norm5.
 *   <li>{@code saliency-head}: 3 x 3 and 1 x 1 convolution over the decoder's last map.
 *   <li>{@code fused-classifier}: linear, dropout, ReLU, linear over the averages of relu(norm5)
 *       and of the decoder's last map.
 * </ul>
 *
 * <p>The embedding is the average of relu(norm5), scaled to length 1; as published it is the last
 * dense block's map itself, and norm5 then stays as it is.
 */
public final class CooperativeNetwork implements Network {
  /** The DenseNet encoder. */
  public static final String DENSENET = "densenet";

  /** The DenseNet's own classifier. */
  public static final String DENSENET_CLASSIFIER = "densenet-classifier";

  /** The residual encoder. */
  public static final String ENCODER = "encoder";

  /** The decoder. */
  public static final String DECODER = "decoder";

  /** The saliency head. */
  public static final String SALIENCY_HEAD = "saliency-head";

  /** The classifier over both encoders' features. */
  public static final String FUSED_CLASSIFIER = "fused-classifier";

  private static final List<String> PARTS =
      List.of(DENSENET, DENSENET_CLASSIFIER, ENCODER, DECODER, SALIENCY_HEAD, FUSED_CLASSIFIER);
  private static final int LEVELS = 5;
  private static final int COLOURS = 3;

  private final CooperativeSpec spec;

  public CooperativeNetwork(CooperativeSpec spec) {
    this.spec = spec;
  }

  @Override
  public Set<String> parts() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(PARTS));
  }

  @Override
  public Set<Head> heads() {
    return EnumSet.allOf(Head.class);
  }

  @Override
  public Set<String> parts(Head head) {
    List<String> parts =
        switch (head) {
          case EMBEDDING -> List.of(DENSENET);
          case DENSENET_CLASS -> List.of(DENSENET, DENSENET_CLASSIFIER);
          case SALIENCY -> List.of(DENSENET, ENCODER, DECODER, SALIENCY_HEAD);
          case FUSED_CLASS -> List.of(DENSENET, ENCODER, DECODER, FUSED_CLASSIFIER);
        };
    return Collections.unmodifiableSet(new LinkedHashSet<>(parts));
  }

  @Override
  public BuiltNetwork build(BuildRequest request) {
    RequestCheck.parts("cooperative network", this, request);
    GraphAssembler g =
        new GraphAssembler(request.seed(), request.updater(), request.trainableParts());
    Set<Head> heads = request.heads();
    Activation image = g.input(1, spec.height(), spec.width());
    DenseNetSpec size = spec.densenet();
    Activation raw =
        DenseNetBlocks.features(
            g, DENSENET, image, size.blocks(), size.growth(), size.stem(), COLOURS);
    boolean rawEmbedding = request.triplet().faithful();
    List<Head> outputs = new ArrayList<>();
    Activation normed = null;
    boolean normIsUsed =
        heads.contains(Head.DENSENET_CLASS)
            || heads.contains(Head.FUSED_CLASS)
            || (heads.contains(Head.EMBEDDING) && !rawEmbedding);
    if (!normIsUsed) {
      g.unusedNormRelu(DENSENET + ".norm5", raw);
    } else {
      normed = g.normRelu(DENSENET + ".norm5", raw);
    }
    Activation pooled = null;
    if (heads.contains(Head.DENSENET_CLASS) || heads.contains(Head.FUSED_CLASS)) {
      pooled = g.pool(DENSENET + ".pool5", Pool.globalAverage(), normed);
    }
    Activation decoded = null;
    if (heads.contains(Head.SALIENCY) || heads.contains(Head.FUSED_CLASS)) {
      decoded = decoder(g, raw, encoder(g, image));
    }
    for (Head head : heads) {
      switch (head) {
        case EMBEDDING ->
            g.output(
                "embedding", request.embeddingOutput(spec.classes()), rawEmbedding ? raw : normed);
        case DENSENET_CLASS ->
            g.output(
                "densenet-class",
                request.classOutput(head),
                g.linear(DENSENET_CLASSIFIER, spec.classes(), pooled));
        case SALIENCY ->
            g.output(
                "saliency",
                request.saliencyOutput(),
                UnetBlocks.saliency(g, SALIENCY_HEAD, decoded));
        case FUSED_CLASS ->
            g.output("fused-class", request.classOutput(head), classifier(g, pooled, decoded));
      }
      outputs.add(head);
    }
    return new BuiltNetwork(g.configuration(), outputs, g.names());
  }

  private Activation[] encoder(GraphAssembler g, Activation image) {
    Activation[] skips = new Activation[LEVELS];
    Activation x = image;
    for (int level = 1; level <= LEVELS; level++) {
      String name = ENCODER + ".level" + level;
      if (level > 1) {
        x = g.pool(name + ".pool", Pool.maximum(2), x);
      }
      x = UnetBlocks.residualSqueezeExcite(g, name, x, width(level));
      skips[level - 1] = x;
    }
    return skips;
  }

  private Activation decoder(GraphAssembler g, Activation raw, Activation[] skips) {
    Activation x = raw;
    for (int level = LEVELS; level >= 1; level--) {
      String name = DECODER + ".level" + level;
      int width = width(Math.max(1, level - 1));
      x = UnetBlocks.up(g, name + ".up", x, width);
      x = g.concat(name + ".concat", skips[level - 1], x);
      x = UnetBlocks.doubleConv(g, name + ".convs", x, width);
    }
    return x;
  }

  private Activation classifier(GraphAssembler g, Activation pooled, Activation decoded) {
    Activation map = g.pool(FUSED_CLASSIFIER + ".pool", Pool.globalAverage(), decoded);
    return UnetBlocks.classifier(
        g, FUSED_CLASSIFIER, spec.hidden(), spec.dropout(), spec.classes(), pooled, map);
  }

  private int width(int level) {
    return spec.baseWidth() << (level - 1);
  }
}
