package io.cogaze.nn.network;

import io.cogaze.nn.block.Activation;
import io.cogaze.nn.block.DenseNetBlocks;
import io.cogaze.nn.block.GraphAssembler;
import io.cogaze.nn.layer.Pool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A DenseNet over the grey image repeated to three channels (Huang et al., CVPR 2017), with a
 * linear classifier over the averages of relu(norm5): the first encoder of {@link
 * CooperativeNetwork} alone, with the same parts and names.
 *
 * <ul>
 *   <li>{@code densenet}: torchvision's {@code features}.
 *   <li>{@code densenet-classifier}: torchvision's {@code classifier}.
 * </ul>
 */
public final class DenseNetClassifier implements Network {
  private static final String NAME = "DenseNet classifier";
  private static final String FEATURES = CooperativeNetwork.DENSENET;
  private static final String CLASSIFIER = CooperativeNetwork.DENSENET_CLASSIFIER;
  private static final int COLOURS = 3;

  private final DenseNetClassifierSpec spec;

  public DenseNetClassifier(DenseNetClassifierSpec spec) {
    this.spec = spec;
  }

  @Override
  public Set<String> parts() {
    return parts(Head.DENSENET_CLASS);
  }

  @Override
  public Set<Head> heads() {
    return EnumSet.of(Head.EMBEDDING, Head.DENSENET_CLASS);
  }

  @Override
  public Set<String> parts(Head head) {
    List<String> parts =
        switch (head) {
          case EMBEDDING -> List.of(FEATURES);
          case DENSENET_CLASS -> List.of(FEATURES, CLASSIFIER);
          case SALIENCY, FUSED_CLASS -> throw RequestCheck.noHead(NAME, head, heads());
        };
    return Collections.unmodifiableSet(new LinkedHashSet<>(parts));
  }

  @Override
  public BuiltNetwork build(BuildRequest request) {
    RequestCheck.parts(NAME, this, request);
    GraphAssembler g =
        new GraphAssembler(request.seed(), request.updater(), request.trainableParts());
    DenseNetSpec size = spec.densenet();
    Activation raw =
        DenseNetBlocks.features(
            g,
            FEATURES,
            g.input(1, spec.height(), spec.width()),
            size.blocks(),
            size.growth(),
            size.stem(),
            COLOURS);
    boolean classifies = request.heads().contains(Head.DENSENET_CLASS);
    boolean rawEmbedding = request.triplet().faithful();
    Activation normed = null;
    if (classifies || !rawEmbedding) {
      normed = g.normRelu(FEATURES + ".norm5", raw);
    } else {
      g.unusedNormRelu(FEATURES + ".norm5", raw);
    }
    List<Head> outputs = new ArrayList<>(request.heads());
    for (Head head : outputs) {
      if (head == Head.EMBEDDING) {
        g.output("embedding", request.embeddingOutput(spec.classes()), rawEmbedding ? raw : normed);
      } else {
        Activation pooled = g.pool(FEATURES + ".pool5", Pool.globalAverage(), normed);
        g.output(
            "densenet-class",
            request.classOutput(head),
            g.linear(CLASSIFIER, spec.classes(), pooled));
      }
    }
    return new BuiltNetwork(g.configuration(), outputs, g.names());
  }
}
