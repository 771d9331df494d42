package io.cogaze.train.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cogaze.error.InputException;
import io.cogaze.nn.loss.TripletOptions;
import io.cogaze.nn.network.CooperativeSpec;
import io.cogaze.nn.network.DenseNetClassifierSpec;
import io.cogaze.nn.network.DenseNetSpec;
import io.cogaze.nn.network.MtUnetSpec;
import io.cogaze.nn.network.NetworkSpec;
import io.cogaze.run.Json;
import io.cogaze.train.plan.NetworkSettings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a checkpoint's tensors belong to, as {@code configuration.json} says it.
 *
 * @param formatVersion of the checkpoint
 * @param stage name of the stage
 * @param network the recipe's network
 * @param height rows of the network's input, pixels
 * @param width columns of the network's input, pixels
 * @param inputReduction factor between the shards' size and the network's input
 * @param targetClasses finding names in the order of the class outputs
 * @param heads the heads that the stage trains, by constant name
 * @param trainable parts that the stage trains
 * @param preprocessing settings that a new image needs to be seen as the shards' were
 */
public record ModelDescription(
    int formatVersion,
    String stage,
    NetworkSettings network,
    int height,
    int width,
    int inputReduction,
    List<String> targetClasses,
    List<String> heads,
    List<String> trainable,
    Map<String, String> preprocessing) {
  /** The version that this program writes and reads. */
  public static final int FORMAT_VERSION = 1;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  public ModelDescription {
    targetClasses = List.copyOf(targetClasses);
    heads = List.copyOf(heads);
    trainable = List.copyOf(trainable);
    preprocessing = new TreeMap<>(preprocessing);
  }

  /** The network's size. */
  public NetworkSpec spec() {
    return spec(network, height, width, targetClasses.size());
  }

  /** The options of the triplet loss; the defaults where the network has none. */
  public TripletOptions triplet() {
    if (network instanceof NetworkSettings.Cooperative cooperative) {
      return options(cooperative.triplet());
    }
    if (network instanceof NetworkSettings.Densenet densenet) {
      return options(densenet.triplet());
    }
    return TripletOptions.defaults();
  }

  private static TripletOptions options(NetworkSettings.Triplet triplet) {
    return new TripletOptions(triplet.margin(), triplet.faithful());
  }

  /**
   * The size of a recipe's network over an input. Errors: {@link IllegalArgumentException} for a
   * size that the network cannot take.
   */
  public static NetworkSpec spec(NetworkSettings network, int height, int width, int classes) {
    if (network instanceof NetworkSettings.Cooperative settings) {
      return new CooperativeSpec(
          height,
          width,
          settings.baseWidth(),
          size(settings.densenet()),
          classes,
          settings.hidden(),
          settings.dropout());
    }
    if (network instanceof NetworkSettings.Densenet settings) {
      return new DenseNetClassifierSpec(height, width, size(settings.densenet()), classes);
    }
    NetworkSettings.MtUnet settings = (NetworkSettings.MtUnet) network;
    return new MtUnetSpec(
        height, width, settings.baseWidth(), classes, settings.hidden(), settings.dropout());
  }

  private static DenseNetSpec size(NetworkSettings.DenseNetSize size) {
    return new DenseNetSpec(size.blocks(), size.growth(), size.stem());
  }

  /** As JSON. */
  public byte[] bytes() {
    return Json.bytes(this);
  }

  /** Reads what {@link #bytes} wrote. Errors: {@link InputException} for another version. */
  public static ModelDescription parse(byte[] json, String source) {
    int version = Json.parse(json).path("formatVersion").asInt(-1);
    if (version != FORMAT_VERSION) {
      throw new InputException(
          "Cannot read the checkpoint "
              + source
              + ": format version "
              + version
              + ", this program reads version "
              + FORMAT_VERSION
              + ". Use the CoGaze that wrote it");
    }
    try {
      return MAPPER.treeToValue(Json.parse(json), ModelDescription.class);
    } catch (JsonProcessingException e) {
      throw new InputException("Cannot read " + source + ": " + e.getOriginalMessage(), e);
    }
  }
}
