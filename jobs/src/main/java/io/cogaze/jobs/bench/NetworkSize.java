package io.cogaze.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cogaze.error.ConfigurationException;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.Head;
import io.cogaze.nn.network.MtUnetSpec;
import io.cogaze.nn.network.NetworkSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A network of the benchmark: everything that both sides need to build the same one.
 *
 * @param name on the command line
 * @param family what the peer builds: densenet, cooperative, or mt-unet
 * @param blocks dense layers of the DenseNet's four blocks, where there is one
 * @param growth channels that a dense layer adds
 * @param stem channels of a DenseNet's first convolution
 * @param baseWidth channels of a U-Net's first level
 * @param hidden width of the fused classifier's hidden layer
 * @param classes width of the class output
 * @param dropout of the fused classifier's hidden layer, in training
 */
public record NetworkSize(
    String name,
    String family,
    List<Integer> blocks,
    int growth,
    int stem,
    int baseWidth,
    int hidden,
    int classes,
    double dropout) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Integer> BLOCKS_121 = DenseNetSpec.densenet121().blocks();
  private static final List<Integer> BLOCKS_201 = DenseNetSpec.densenet201().blocks();
  private static final int CLASSES = 3;
  private static final double SALIENCY_WEIGHT = 0.5;

  private static final List<NetworkSize> FULL =
      List.of(
          full("cooperative", "cooperative", BLOCKS_201),
          full("densenet121", "densenet", BLOCKS_121),
          full("densenet201", "densenet", BLOCKS_201),
          full("mt-unet", "mt-unet", BLOCKS_201));

  public NetworkSize {
    blocks = List.copyOf(blocks);
  }

  private static NetworkSize full(String name, String family, List<Integer> blocks) {
    return new NetworkSize(name, family, blocks, 32, 64, 64, 64, CLASSES, 0.25);
  }

  /** The names of all networks. */
  public static List<String> names() {
    return FULL.stream().map(NetworkSize::name).toList();
  }

  /** A network at its published width. Errors: {@link ConfigurationException} for another name. */
  public static NetworkSize named(String name) {
    return FULL.stream()
        .filter(size -> size.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "There is no network '" + name + "' to measure; there are " + names() + "."));
  }

  /** The same network with a handful of channels: it proves the way, not the speed. */
  public NetworkSize tiny() {
    return new NetworkSize(name, family, List.of(1, 1, 1, 1), 4, 8, 4, 4, classes, dropout);
  }

  /**
   * The network in CoGaze's terms.
   *
   * <p>Errors: {@link ConfigurationException} for a height or width that the network cannot take.
   */
  NetworkSpec spec(int height, int width) {
    try {
      DenseNetSpec densenet = new DenseNetSpec(blocks, growth, stem);
      return switch (family) {
        case "cooperative" ->
            new CooperativeSpec(height, width, baseWidth, densenet, classes, hidden, dropout);
        case "densenet" -> new DenseNetClassifierSpec(height, width, densenet, classes);
        case "mt-unet" -> new MtUnetSpec(height, width, baseWidth, classes, hidden, dropout);
        default -> throw new IllegalStateException("No family " + family);
      };
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot measure " + name + " at " + height + " x " + width + ": " + e.getMessage(), e);
    }
  }

  /** The outputs that are trained together, with the weight of each one's loss. */
  Map<Head, Double> heads() {
    Map<Head, Double> heads = new EnumMap<>(Head.class);
    if (family.equals("densenet")) {
      heads.put(Head.DENSENET_CLASS, 1.0);
    } else {
      heads.put(Head.FUSED_CLASS, 1.0);
      heads.put(Head.SALIENCY, SALIENCY_WEIGHT);
    }
    return heads;
  }

  /** The parts that these outputs need, input to output. */
  List<String> parts(NetworkSpec spec) {
    List<String> parts = new ArrayList<>();
    for (String part : spec.network().parts()) {
      if (heads().keySet().stream().anyMatch(head -> spec.network().parts(head).contains(part))) {
        parts.add(part);
      }
    }
    return parts;
  }

  ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("name", name).put("family", family);
    json.set("blocks", JSON.valueToTree(blocks));
    return json.put("growth", growth)
        .put("stem", stem)
        .put("base_width", baseWidth)
        .put("hidden", hidden)
        .put("classes", classes)
        .put("dropout", dropout);
  }

  static NetworkSize ofJson(JsonNode json) {
    List<Integer> blocks = new ArrayList<>();
    json.get("blocks").forEach(block -> blocks.add(block.asInt()));
    return new NetworkSize(
        json.get("name").asText(),
        json.get("family").asText(),
        blocks,
        json.get("growth").asInt(),
        json.get("stem").asInt(),
        json.get("base_width").asInt(),
        json.get("hidden").asInt(),
        json.get("classes").asInt(),
        json.get("dropout").asDouble());
  }
}
